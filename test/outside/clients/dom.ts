// A document for React. Everything that talks to the service (fetch, URL, AbortController …) stays Node's.
import { Window } from "happy-dom";

const window = new Window({ url: "http://localhost/" });
Object.assign(globalThis, {
  window,
  document: window.document,
  FormData: window.FormData,
  HTMLElement: window.HTMLElement,
  MutationObserver: window.MutationObserver,
  sessionStorage: window.sessionStorage,
  IS_REACT_ACT_ENVIRONMENT: true,
});
