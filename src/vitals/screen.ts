/** The parts of the browser that watching uses; tests replace them. */
export interface Screen {
  /** Returns the milliseconds since the navigation began. */
  now(): number;
  /** Calls back before the next frame. Returns a function that cancels the call. */
  frame(run: () => void): () => void;
  /** Returns whether the page is hidden. */
  hidden(): boolean;
  /** Returns whether the page is still loading. */
  loading(): boolean;
  /** Calls back when the page is hidden or shown. Returns a function that unsubscribes. */
  onVisibility(run: () => void): () => void;
  /** Calls back about once a second. Returns a function that unsubscribes. */
  eachSecond(run: () => void): () => void;
}
