/** The list's own style. Pages change it through custom properties and parts. */
export const STYLE = `
:host{
  --_back:#fff;--_text:#1c1f24;--_dim:#555c66;--_line:#0003;--_fill:#1f6feb;--_bad:#b3261e;
  display:block;color:var(--tile-regions-color,var(--_text));font:var(--tile-regions-font,14px/1.4 system-ui,sans-serif)
}
:host([hidden]){display:none}
ul{list-style:none;margin:0;padding:0;display:grid;gap:.6em}
[part=region]{
  display:flex;flex-wrap:wrap;gap:.3em .8em;padding:.7em .9em;border-radius:.6em;
  background:var(--tile-regions-background,var(--_back));border:1px solid var(--_line)
}
[part=name]{flex-grow:1;font-weight:600;overflow-wrap:anywhere}
[part=region][data-state=failed] [part=state],[part=region][data-state=incomplete] [part=state],[part=region][data-state=lost] [part=state]{color:var(--_bad)}
progress{width:100%;height:.6em;accent-color:var(--tile-regions-accent,var(--_fill))}
progress[hidden]{display:none}
[part=facts]{width:100%;color:var(--_dim);font-size:.92em}
[part=actions]{width:100%;display:flex;flex-wrap:wrap;gap:.4em}
button{
  font:inherit;color:inherit;background:transparent;border:1px solid var(--_line);border-radius:.4em;
  padding:.35em .8em;min-height:2.2em;cursor:pointer
}
button:focus-visible{outline:2px solid var(--_fill);outline-offset:2px}
button:disabled{opacity:.5;cursor:default}
[part=empty]{margin:0;color:var(--_dim)}
.live{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media (prefers-color-scheme:dark){
  :host{--_back:#1c1f24;--_text:#f2f4f7;--_dim:#a9b1bc;--_line:#fff3;--_fill:#7fb3ff;--_bad:#ff8a80}
}
@media (forced-colors:active){[part=region]{border:1px solid CanvasText}}`;
