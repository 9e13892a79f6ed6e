"""The rules of the house, each shown a planted violation: a rule that matches nothing passes for ever."""
