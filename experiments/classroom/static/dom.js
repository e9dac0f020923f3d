// Elements from plain data. Text only ever enters as text: nothing here, or anywhere in the page, parses markup.
const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value" && "value" in node && !(node.namespaceURI === SVG)) node.value = value;
    else if (name === "checked") node.checked = Boolean(value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  add(node, children);
  return node;
}

export function add(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return node;
}

export const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
export const s = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

export function put(node, ...children) {
  node.replaceChildren();
  return add(node, children);
}

// What may be wider than the screen; whoever has a keyboard alone can move it, too.
export const wide = (label, ...inside) => h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": label }, ...inside);

// As large a screen as everybody in the room looks at.
export const isWall = () => matchMedia("(min-width: 1700px) and (min-height: 900px)").matches;

export const button = (label, onclick, more) => h("button", { type: "button", onclick, ...more }, label);

export function select(options, value, onchange, more) {
  return h(
    "select",
    { onchange: (event) => onchange(event.target.value), ...more },
    options.map(([key, label]) => h("option", { value: key, selected: String(key) === String(value) }, label)),
  );
}

// Draw again without taking the keyboard away from whoever was using a control: it has the same id afterwards.
export function keepFocus(draw) {
  const id = document.activeElement?.id;
  const drawn = draw();
  if (id && document.activeElement?.id !== id) document.getElementById(id)?.focus({ preventScroll: true });
  return drawn;
}

// What cannot be taken back is asked first. The dialog keeps the keyboard until it is answered; Escape is no.
export function askFirst(question, yes, no, act) {
  const dialog = h("dialog", { class: "card", "aria-labelledby": "ask-first" }, h("p", { id: "ask-first" }, question),
    h("div", { class: "bar" },
      button(no, () => dialog.close(), { id: "ask-no", class: "main" }),
      button(yes, () => { dialog.close(); act(); }, { id: "ask-yes", class: "grave" })));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

let shown = 0;
export function notice(text, isBad = false) {
  const box = document.getElementById("notice");
  box.textContent = text;
  box.className = isBad ? "bad shown" : "shown";
  const mine = ++shown;
  setTimeout(() => { if (mine === shown) box.className = ""; }, 6000);
}
