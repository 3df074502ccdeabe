/** The badge's own style. Pages change it through custom properties and parts. */
export const STYLE = `
:host{
  --_back:#fffffff2;--_text:#1c1f24;--_line:#0003;--_mark:#2e7d32;
  display:inline-block;font:var(--tile-age-font,13px/1.35 system-ui,sans-serif)
}
:host([hidden]){display:none}
:host([state=old]),:host([state=failing]),:host([state=missing]){--_mark:#b45309}
:host([state=offline]){--_mark:#b3261e}
:host([state=updating]){--_mark:#1f6feb}
:host([state=unknown]){--_mark:#6b7280}
:host([silent]) [part=badge]{display:none}
[part=badge]{
  display:inline-grid;grid-template-columns:auto 1fr;column-gap:.6em;align-items:center;
  padding:var(--tile-age-padding,.45em .8em);border-radius:var(--tile-age-radius,.6em);
  background:var(--tile-age-background,var(--_back));color:var(--tile-age-color,var(--_text));
  border:var(--tile-age-border,1px solid var(--_line));box-shadow:0 1px 4px #0003
}
[part=mark]{width:.7em;height:.7em;border-radius:50%;background:var(--tile-age-accent,var(--_mark));forced-color-adjust:none}
:host([state=offline]) [part=mark]{border-radius:0}
:host([state=old]) [part=mark],:host([state=failing]) [part=mark],:host([state=missing]) [part=mark]{clip-path:polygon(50% 0,100% 100%,0 100%);border-radius:0}
[part=message]{grid-column:1/-1;max-width:40ch;overflow-wrap:anywhere;padding-bottom:.3em}
[part=message]:empty{display:none}
[part=text]{font-weight:600}
[part=checked]{grid-column:2;font-size:.88em;opacity:.8}
[part=checked]:empty{display:none}
.live{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media (prefers-color-scheme:dark){
  :host{--_back:#1c1f24f2;--_text:#f2f4f7;--_line:#fff3;--_mark:#6fcf97}
  :host([state=old]),:host([state=failing]),:host([state=missing]){--_mark:#f5b453}
  :host([state=unknown]){--_mark:#9aa0a6}
  :host([state=offline]){--_mark:#ff8a80}
  :host([state=updating]){--_mark:#7fb3ff}
}
@media (forced-colors:active){
  [part=badge]{border:1px solid CanvasText;background:Canvas;color:CanvasText;box-shadow:none}
  [part=mark]{background:CanvasText}
}`;
