// A text field whose words are its reader's: what was typed, even before the page was ready, is never replaced by
// what the server remembered. The server's value shows until something is typed, and again once both are the same.
import { useEffect, useRef } from "react";

export function TypedBox({ value, ref, ...rest }) {
  const box = useRef(null);
  const typed = useRef(false);

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
