// In the first answer itself: keeps what is tapped before the page's scripts are there, and fetches them when somebody moves, or a little later.
(() => {
  const page = document.documentElement;
  if (!/^#?(start|main)?$/.test(location.hash)) page.dataset.view = "other"; // a class link does not begin with the first screen
  let tries = 0;
  const begin = () => {
    if (tries) return;
    tries = 1;
    const fetchAll = () => import(`${page.dataset.root}/static/main.js?${tries}`).catch(() => { tries += 1; setTimeout(fetchAll, 2000); });
    fetchAll();
  };
  // Whatever is tapped stays marked; main.js goes on from there.
  document.addEventListener("click", (event) => {
    const hit = page.dataset.ready ? null : event.target.closest("button");
    if (!hit) return;
    if (hit.id.startsWith("tab-")) location.hash = hit.id.slice(4);
    else for (const one of document.querySelectorAll("#start .big")) one.setAttribute("aria-pressed", String(one === hit));
    begin();
  });
  // A class arrives together: everybody's first picture comes before anybody's scripts, unless somebody moves.
  for (const kind of ["pointermove", "pointerdown", "touchstart", "keydown", "hashchange"]) addEventListener(kind, begin, { once: true, passive: true });
  if (page.dataset.view === "other") begin();
  else setTimeout(begin, 6000);
})();
