"""What is promised, tested by breaking what it is promised against: processes killed, storage lost."""
