/** Hand movements on a chart: wheel, drag, pinch, brush, tap. Everything is told in shares (0 to 1) of the plot's width. */

/**
 * @param {HTMLElement} element the plot's inner box
 * @param {object} handlers
 *   brushing(): true while a drag selects a range instead of moving the view
 *   pan(share), zoom(factor, at), brush(from, to), brushed(from, to), tap(at, event), hover(at | null)
 *   canZoomOut(): false lets the wheel scroll the page at the widest view
 */
export function attachGestures(element, handlers) {
  const pointers = new Map();
  let start = null;
  let pinch = null;
  const share = (event) => {
    const box = element.getBoundingClientRect();
    return (event.clientX - box.left) / Math.max(1, box.width);
  };
  const spread = () => {
    const [a, b] = [...pointers.values()];
    return { distance: Math.max(0.02, Math.abs(a - b)), middle: (a + b) / 2 };
  };

  const down = (event) => {
    if (event.pointerType === "mouse" && event.button !== 0) return;
    pointers.set(event.pointerId, share(event));
    element.setPointerCapture?.(event.pointerId);
    if (pointers.size === 1) {
      start = { at: share(event), last: share(event), x: event.clientX, y: event.clientY, moved: false, brush: handlers.brushing?.() };
    } else if (pointers.size === 2) {
      if (start?.brush) handlers.brush?.(null, null);
      start = null;
      pinch = spread();
    }
  };
  const move = (event) => {
    if (!pointers.has(event.pointerId)) {
      if (event.pointerType === "mouse") handlers.hover?.(share(event));
      return;
    }
    pointers.set(event.pointerId, share(event));
    if (pinch && pointers.size === 2) {
      const now = spread();
      handlers.zoom?.(pinch.distance / now.distance, now.middle);
      handlers.pan?.(pinch.middle - now.middle);
      pinch = now;
      return;
    }
    if (!start) return;
    if (!start.moved && Math.hypot(event.clientX - start.x, event.clientY - start.y) < 4) return;
    start.moved = true;
    const at = share(event);
    if (start.brush) handlers.brush?.(start.at, at);
    else handlers.pan?.(start.last - at);
    start.last = at;
  };
  const up = (event) => {
    if (!pointers.delete(event.pointerId)) return;
    if (pointers.size < 2) pinch = null;
    if (!start) return;
    if (!start.moved && event.type === "pointerup") handlers.tap?.(start.at, event);
    else if (start.brush && start.moved) {
      if (event.type === "pointerup") handlers.brushed?.(Math.min(start.at, start.last), Math.max(start.at, start.last));
      else handlers.brush?.(null, null);
    }
    start = null;
  };
  const leave = () => handlers.hover?.(null);
  const wheel = (event) => {
    const amount = event.deltaMode === 1 ? event.deltaY * 16 : event.deltaY;
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      event.preventDefault();
      handlers.pan?.(((event.shiftKey ? amount : event.deltaX) / Math.max(1, element.clientWidth)) * 1);
      return;
    }
    if (!handlers.zoom || (amount > 0 && handlers.canZoomOut && !handlers.canZoomOut())) return;
    event.preventDefault();
    handlers.zoom(Math.exp(Math.max(-240, Math.min(240, amount)) * 0.0022), share(event));
  };
  element.addEventListener("pointerdown", down);
  element.addEventListener("pointermove", move);
  element.addEventListener("pointerup", up);
  element.addEventListener("pointercancel", up);
  element.addEventListener("pointerleave", leave);
  element.addEventListener("wheel", wheel, { passive: false });
  return () => {
    element.removeEventListener("pointerdown", down);
    element.removeEventListener("pointermove", move);
    element.removeEventListener("pointerup", up);
    element.removeEventListener("pointercancel", up);
    element.removeEventListener("pointerleave", leave);
    element.removeEventListener("wheel", wheel);
  };
}
