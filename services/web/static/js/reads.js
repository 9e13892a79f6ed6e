/** Reads of the API as components use them. */
import { Offline, Problem, read } from "./api.js";
import { findSession } from "./session.js";
import { useCallback, useEffect, useState } from "./html.js";
import { useChanges } from "./live.js";

const NOTHING = { data: null, error: null, loading: true };

/**
 * What `path` answers: `{ data, error, loading, again }`. It is read again when something changes that
 * `concerns` says yes to; what was there before is shown until then. `path` null reads nothing.
 */
export function useRead(path, params = {}, concerns = () => true) {
  const asked = path === null ? null : `${path}?${JSON.stringify(params)}`;
  const [state, setState] = useState({ ...NOTHING, asked });
  const [turn, setTurn] = useState(0);
  const version = useChanges(concerns);
  const again = useCallback(() => setTurn((before) => before + 1), []);
  useEffect(() => {
    if (path === null) return undefined;
    const control = new AbortController();
    setState((before) => (before.asked === asked ? { ...before, loading: true } : { ...NOTHING, asked }));
    read(path, params, control.signal)
      .then((data) => setState({ data, error: null, loading: false, asked }))
      .catch((error) => {
        if (error.name === "AbortError") return;
        if (error instanceof Problem && error.status === 401) findSession();
        const shown = error instanceof Problem || error instanceof Offline ? error : new Error(String(error));
        setState((before) => ({ ...before, error: shown, loading: false, asked }));
      });
    return () => control.abort();
  }, [asked, version, turn]);
  return { ...state, again };
}

/** The first page and those behind it, and what asks for the next one: null where there is none. */
export function usePages(first, path, paramsBehind) {
  const [pages, setPages] = useState([]);
  const all = [first, ...pages];
  const { next } = all[all.length - 1];
  const more = () => read(path, paramsBehind(next)).then((page) => setPages([...pages, page]));
  return [all, next ? more : null];
}

/** What an answer with `include=names` calls an associate. */
export const nameOf = (page, id) => page.names?.associates?.[id] ?? id;

/** A value that follows another one once nothing was typed for a moment. */
export function useSettled(value, milliseconds = 200) {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), milliseconds);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
