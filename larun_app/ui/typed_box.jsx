// A text field whose words are its reader's: what was typed, even before the page was ready, is never replaced by
// what the server remembered. The server's value shows until something is typed, and again once both are the same.
import { useEffect, useLayoutEffect, useRef } from "react";

// What was typed into a box that a redrawn page takes away and puts elsewhere, for the length of that redraw.
let carried = null;

export function TypedBox({ value, ref, ...rest }) {
  const box = useRef(null);
  const typed = useRef(false);

  useLayoutEffect(() => {
    const element = box.current;
    const page = window.location.pathname;
    if (carried && carried.id === element.id && carried.page === page) {
      element.value = carried.words;
      if (carried.focused) element.focus();
    }
    return () => {
      if (!typed.current && element.value === element.defaultValue) return;
      carried = { id: element.id, page, words: element.value, focused: document.activeElement === element };
      setTimeout(() => {
        carried = null;
      });
    };
  }, []);
  useEffect(() => {
    // before the first effect nobody listened: compare with what the page was drawn with
    typed.current = box.current.value !== box.current.defaultValue;
  }, []);
  useEffect(() => {
    if (!typed.current) box.current.value = value;
    else if (box.current.value === value) typed.current = false;
  }, [value]);

  return (
    <input
      {...rest}
      type="text"
      autoComplete="off"
      spellCheck={false}
      defaultValue={value}
      ref={(element) => {
        box.current = element;
        if (typeof ref === "function") ref(element);
        else if (ref) ref.current = element;
      }}
      onInput={() => {
        typed.current = true;
      }}
    />
  );
}
