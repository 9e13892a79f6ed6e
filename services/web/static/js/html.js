/** The one place that knows the library of components. */
export {
  html,
  render,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "../vendor/htm-preact.js";
