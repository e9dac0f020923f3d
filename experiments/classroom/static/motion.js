// Motion that means something, and none where the visitor wants none.
export const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// Something travels to where it belongs; under reduced motion it is there already.
export function travel(node, from, ms, delay = 0, more = {}) {
  if (isStill()) return;
  node.animate([{ transform: `translate(${from[0]}px, ${from[1]}px)`, ...more }, { transform: "translate(0, 0)" }],
    { duration: ms, delay, easing: "cubic-bezier(.35,.1,.3,1)", fill: "backwards" });
}

// step(0..1) until done; at once where nothing may move. The answer stops it.
export function glide(ms, step, done = () => {}) {
  if (isStill()) { step(1); done(); return () => {}; }
  const began = performance.now();
  let frame = 0;
  const beat = (now) => {
    const share = Math.min(1, Math.max(0, (now - began) / ms));
    step(1 - (1 - share) ** 3);
    if (share < 1) frame = requestAnimationFrame(beat);
    else done();
  };
  frame = requestAnimationFrame(beat);
  return () => cancelAnimationFrame(frame);
}
