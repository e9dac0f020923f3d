// Every figure as a picture (PNG, SVG) and as numbers (CSV). Nothing leaves the machine: the files are made here.
import { button, h, notice } from "./dom.js";
import { t } from "./words.js";

const FONT = 'system-ui, "Segoe UI", Roboto, "Noto Sans", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif';
const SCALE = 3; // of a PNG, over the drawing's own size
const MARGIN = 8;

export function hand(blob, name) {
  const link = h("a", { href: URL.createObjectURL(blob), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

export const save = (data, name) => hand(new Blob([JSON.stringify(data, null, 1)], { type: "application/json" }), name);

// One drawing that holds all drawings of a figure, below each other, each under its caption.
function whole(box) {
  const sheet = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  let [width, y] = [0, MARGIN];
  for (const svg of box.querySelectorAll("svg.figure")) {
    const view = svg.viewBox.baseVal;
    const caption = svg.closest("figure")?.querySelector("figcaption")?.textContent;
    if (caption) {
      const line = document.createElementNS(sheet.namespaceURI, "text");
      for (const [name, value] of [["x", MARGIN], ["y", y + 14], ["font-size", 14], ["font-weight", 700], ["fill", "#17212b"]]) line.setAttribute(name, value);
      line.textContent = caption;
      sheet.append(line);
      y += 20;
    }
    const part = svg.cloneNode(true);
    part.removeAttribute("class");
    for (const [name, value] of [["x", MARGIN], ["y", y], ["width", view.width], ["height", view.height]]) part.setAttribute(name, value);
    sheet.append(part);
    width = Math.max(width, view.width + 2 * MARGIN);
    y += view.height + MARGIN;
  }
  for (const [name, value] of [["width", width], ["height", y], ["viewBox", `0 0 ${width} ${y}`], ["font-family", FONT]]) sheet.setAttribute(name, value);
  const paper = document.createElementNS(sheet.namespaceURI, "rect");
  for (const [name, value] of [["width", width], ["height", y], ["fill", "#fff"]]) paper.setAttribute(name, value);
  sheet.prepend(paper);
  return { text: new XMLSerializer().serializeToString(sheet), width, height: y };
}

function asPng({ text, width, height }) {
  return new Promise((resolve, reject) => {
    const image = new Image();
    image.onload = () => {
      const canvas = h("canvas", { width: Math.round(width * SCALE), height: Math.round(height * SCALE) });
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/png");
    };
    image.onerror = () => reject(new Error("no picture"));
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  });
}

const cell = (value) => (/[",\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value ?? ""));
export const asCsv = (rows) => `\ufeff${rows.map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;

// box(): the element with the figure; rows(): its numbers, a header first.
export function saveTools(name, title, box, rows) {
  const file = (kind) => `detente-${name}.${kind}`;
  const png = async () => {
    try { hand(await asPng(whole(box())), file("png")); } catch { notice(t("refused.unknown"), true); }
  };
  return h("details", { class: "save", id: `save-${name}` },
    h("summary", { "aria-label": t("save.figure", { title }) }, t("save.short")),
    h("div", { class: "bar" },
      button("PNG", png, { id: `png-${name}` }),
      button("SVG", () => hand(new Blob([whole(box()).text], { type: "image/svg+xml" }), file("svg")), { id: `svg-${name}` }),
      button("CSV", () => hand(new Blob([asCsv(rows())], { type: "text/csv;charset=utf-8" }), file("csv")), { id: `csv-${name}` })));
}
