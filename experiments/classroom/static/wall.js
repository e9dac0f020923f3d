// What a class at several tables looks at together: the map of one table, a clock, the news, and where every table stands.
import { DYADS, bloc, dyad, eventLine, short, the } from "./blocs.js";
import { facts } from "./api.js";
import { h } from "./dom.js";
import { qrCode, worldMap } from "./figures.js";
import { colon, gap, has, sentence, t } from "./words.js";

// An event as a headline: short, and with both sides named.
export function headline(told) {
  const { event, kind, dyad: d } = told;
  if (!has(`head.${kind}`)) return eventLine(event).replace(/[.。：:]$/, ""); // a headline has no full stop
  const who = event.side >= 0 ? the(DYADS[d][event.side]) : "";
  const partner = event.side >= 0 ? the(DYADS[d][1 - event.side]) : "";
  return sentence(t(`head.${kind}`, { who, partner, pair: dyad(d) }));
}

export const clockFace = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;

// The decision that stays open longest; at zero nobody is waited for.
export const longest = (overview) => Math.max(-1, ...overview.map((table) => table.left ?? -1));

export function clockText(overview) {
  const left = longest(overview);
  if (left >= 0) return clockFace(left);
  return overview.some((table) => table.open) ? "∞" : "–:––";
}

export const standing = (table) => t(table.phase === "over" ? "wall.over" : table.phase !== "playing" ? `wall.${table.phase}` : table.open ? "wall.deciding" : "wall.plays");

export function wall(now, last) {
  const open = now.overview.filter((table) => table.open).length;
  return h("div", { class: "wall many", id: "wall" },
    h("section", { class: "card map" }, h("h2", {}, t("wall.table", { n: now.table + 1, quarter: last.label })), worldMap(last)),
    h("section", { class: "card news" },
      h("div", { class: "clock", role: "timer", "aria-label": t("wall.clock") }, h("strong", { id: "wall-clock" }, clockText(now.overview)), h("span", { id: "wall-open" }, t("wall.open", { n: open, of: now.overview.length }))),
      now.sayings.length ? h("p", { class: "saying", "aria-live": "polite" }, now.sayings.at(-1)) : null,
      h("ol", { class: "ticker", "aria-label": t("wall.news"), tabindex: 0 }, now.ticker.map((told) => h("li", {}, h("strong", {}, t("wall.where", { n: told.table + 1, quarter: told.label })), gap(), headline(told)))),
      now.ticker.length ? null : h("p", { class: "soft" }, t("wall.no_news"))),
    h("ul", { class: "card stands", "aria-label": t("wall.tables") }, now.overview.map((table) =>
      h("li", { class: `stand ${table.phase}${table.open ? " open" : ""}`, "aria-current": table.table === now.table ? "true" : null },
        h("strong", {}, table.table + 1), h("span", { class: "unseen" }, t("wall.stand", { n: table.table + 1 }), " ", standing(table)), h("span", {}, t("wall.quarter", { n: Math.min(table.played + 1, table.length), of: table.length }))))));
}

// Before the first quarter: how to come in, and who has come.
export function doorway(now, code, address, rows) {
  const names = [...now.waiting, ...(now.overview || []).flatMap((table) => table.seats.flatMap((seat) => seat.names))];
  return h("section", { class: "card", id: "welcome" },
    h("div", { class: "grid" }, h("h2", {}, t("door.title")), facts.join ? h("p", {}, t("sit.come")) : h("p", {}, t("sit.here_only")),
      facts.join ? h("p", {}, h("strong", { class: "address", id: "address" }, address)) : null,
      h("p", {}, t("door.code")), h("p", {}, h("strong", { class: "pin", id: "room-code" }, code)),
      h("p", { id: "who-came" }, t("door.came", { n: names.length })), h("ul", { class: "names" }, names.map((name) => h("li", {}, name)))),
    rows ? h("div", { class: "qr large" }, qrCode(rows)) : null);
}

// Where everybody has been dealt, before the first quarter; few tables are written larger.
const FEW = 12;
export const seating = (overview) =>
  h("div", { class: overview.length > FEW ? "seating" : "seating few", id: "seating" }, overview.map((table) => h("section", { class: "card" }, h("h2", {}, t("wall.stand", { n: table.table + 1 })),
    h("dl", {}, table.seats.flatMap((seat) => [h("dt", {}, h("span", { class: "unseen" }, bloc(seat.bloc)), h("span", { "aria-hidden": "true" }, short(seat.bloc))),
      seat.names.length ? h("dd", {}, seat.names.join(t("comma"))) : seat.people ? h("dd", {}, t("sit.people", { n: seat.people })) : h("dd", { class: "soft" }, t("wall.rules"))])))));

// For who comes late, once the tables are dealt.
export const lateLine = (code, address) => h("p", { class: "late" }, facts.join ? `${address} · ` : "", t("door.code"), colon(), h("strong", { class: "code", id: "room-code" }, code));
