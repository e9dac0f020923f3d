// The facilitator's grid: the room code, who has come, dealing, and every table at a glance.
import { facts } from "./api.js";
import { BLOCS, bloc, shape } from "./blocs.js";
import { askFirst, button, h, put, s } from "./dom.js";
import { clockFace, standing } from "./wall.js";
import { colon, gap, t } from "./words.js";

export const [FEWEST, MOST] = [1, 20];
// Tables for so many people, each of as many as there are governments; two at least.
export const tablesFor = (people) => Math.min(MOST, Math.max(2, Math.ceil(people / BLOCS.length)));

const state = { chosen: 0, touched: false, drawn: "" };

export function forget() { state.drawn = ""; }

// room: the facilitator's view; act(action, about): does something and looks again; qr: draws a code into a box.
export function drawTables(box, room, act, drawQr) {
  const people = room.waiting.length + room.tables.reduce((sum, table) => sum + table.seats.reduce((n, seat) => n + seat.names.length, 0), 0);
  const key = [room.code, room.waiting.join(), room.dealt, room.shown, people, document.documentElement.lang, room.tables.map((table) => [table.phase, table.played, table.open > 0, table.seats.map((seat) => [seat.names.join(), seat.people > 0, seat.held > 0, seat.deciding]).join()]).join()].join("|");
  if (key !== state.drawn) {
    const isNew = !box.querySelector("#room-code") || box.querySelector("#room-code").textContent !== room.code;
    const kept = isNew ? null : box.querySelector(".qr");
    state.drawn = key;
    const typed = Number(document.getElementById("n-tables")?.value);
    state.chosen = state.touched && typed ? typed : tablesFor(people); // what was typed stays
    const focus = document.activeElement?.id;
    put(box, h("h2", {}, t("tables.title")), coming(room, people, act, kept), room.dealt ? grid(room, act) : null);
    if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
    if (isNew && facts.join) drawQr(box.querySelector(".qr"), `${room.address}#room=${room.code}`);
  }
  for (const table of room.tables) {
    const clock = document.getElementById(`left-${table.table}`);
    if (clock) clock.textContent = table.left === null ? "" : clockFace(table.left);
  }
}

const coming = (room, people, act, kept) =>
  h("div", { class: "coming" }, h("div", { class: "grid" },
    h("p", {}, t("tables.help")), h("p", {}, t("door.code"), colon(), h("strong", { class: "code", id: "room-code" }, room.code)),
    h("p", { id: "who-waits" }, t("tables.came", { n: people }), room.waiting.length ? gap() + t("tables.wait", { names: room.waiting.join(t("comma")) }) : ""),
    h("div", { class: "bar" },
      h("label", {}, t("tables.number"), " ", h("input", { type: "number", id: "n-tables", min: FEWEST, max: MOST, step: 1, value: state.chosen, oninput: () => { state.touched = true; } })),
      button(t(room.dealt ? "tables.deal_again" : "tables.deal"), () => {
        const n = Math.max(FEWEST, Math.min(MOST, Math.floor(Number(document.getElementById("n-tables").value) || 2)));
        const go = () => act("deal", { tables: n });
        room.dealt || room.phase !== "lobby" ? askFirst(t("tables.deal_ask"), t("tables.deal_again"), t("lead.keep_playing"), go) : go();
      }, { id: "deal", class: room.dealt ? "grave" : "main" }),
      button(t("tables.wall"), () => { window.open("#wall"); }, { id: "open-wall" }))),
    kept || (facts.join ? h("div", { class: "qr" }) : null));

function grid(room, act) {
  return [h("p", { class: "soft" }, t("tables.grid")),
    h("div", { class: "bar" }, button(t("tables.turns"), () => act("show"), { id: "show-turns", "aria-pressed": String(room.shown === null) })),
    h("div", { class: "tables", id: "grid" }, room.tables.map((table) => h("section", { class: `table ${table.phase}${table.open ? " open" : ""}`, id: `table-${table.table}`, "aria-label": t("wall.stand", { n: table.table + 1 }) },
      h("h3", {}, t("wall.stand", { n: table.table + 1 }), h("span", { class: "soft" }, ` ${table.label}`)),
      h("p", {}, t("sit.of", { n: Math.min(table.played + 1, table.length), of: table.length }), " · ", table.open ? t("tables.open", { n: table.open }) : standing(table), " ", h("strong", { id: `left-${table.table}` }, "")),
      h("ul", {}, table.seats.map((seat) => h("li", { class: seat.deciding ? "waits" : "" }, sign(seat), h("span", { class: "unseen" }, bloc(seat.bloc), " "),
        h("span", {}, seat.names.length ? seat.names.join(t("comma")) : seat.people ? t("sit.people", { n: seat.people }) : t("sit.bot")),
        seat.people || !seat.names.length ? null : h("em", {}, gap(), t(seat.held ? "tables.away" : "tables.gone")), seat.deciding ? h("strong", {}, ` ${t("sit.deciding")}`) : null))),
      table.fault ? h("p", { class: "saying" }, table.fault) : null,
      h("div", { class: "bar" },
        button(t("tables.show"), () => act("show", { table: table.table }), { id: `show-${table.table}`, "aria-pressed": String(room.shown === table.table), "aria-label": `${t("tables.show")}${colon()}${t("wall.stand", { n: table.table + 1 })}` }),
        button(t("tables.next"), () => act("next", { table: table.table }), { id: `next-${table.table}`, disabled: table.phase === "over" || table.phase === "lobby", "aria-label": `${t("lead.next")}${colon()}${t("wall.stand", { n: table.table + 1 })}` })))))];
}

const sign = (seat) => s("svg", { viewBox: "0 0 24 24", class: "sign", "aria-hidden": "true" }, shape(seat.bloc, 12, 12, 9));
