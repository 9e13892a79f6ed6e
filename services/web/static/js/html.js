/** The one place that knows the library of components. */
export {
  createContext,
  html,
  render,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "../vendor/htm-preact.js";
