"""What cannot be backed up or put back, in a sentence for people."""


class BackupFailed(Exception):
    """A backup cannot be made, read or put back."""
