"""Browser sessions: who is signed in, for how long, and who signed out everywhere."""

from infra.sessions.sessions import FoundSession, NewSession, SessionStore, prepare_sessions
from infra.sessions.sign_outs import SignOuts

__all__ = ["FoundSession", "NewSession", "SessionStore", "SignOuts", "prepare_sessions"]
