/**
 * A few lines at the bottom of the screen that are drawn over and over. Each drawing is one write, overwrites in place
 * and erases only what is left over, so nothing flickers.
 */
import type { Screen } from "./terminal.ts";

const ESC = "\u001b[";
const HIDE_CURSOR = `${ESC}?25l`;
const SHOW_CURSOR = `${ESC}?25h`;
/** Terminals that know it show what stands between the two at once; others ignore it. */
const FRAME_BEGIN = `${ESC}?2026h`;
const FRAME_END = `${ESC}?2026l`;
const ERASE_REST_OF_LINE = `${ESC}K`;
const ERASE_BELOW = `${ESC}J`;

export class LiveView {
  readonly #screen: Screen;
  #drawn = 0;
  #shown = "";

  constructor(screen: Screen) {
    this.#screen = screen;
    screen.write(HIDE_CURSOR);
  }

  /** Shows these lines instead of the last ones. None may be wider than the screen; those that do not fit are left out. */
  draw(lines: readonly string[]): void {
    const kept = lines.slice(0, Math.max(1, this.#screen.rows() - 1));
    const text = kept.map((line) => `${line}${ERASE_REST_OF_LINE}\n`).join("");
    if (text === this.#shown) return;
    this.#screen.write(FRAME_BEGIN + this.#home() + text + ERASE_BELOW + FRAME_END);
    this.#drawn = kept.length;
    this.#shown = text;
  }

  /** Takes the lines away; the next drawing begins anew. */
  clear(): void {
    this.#screen.write(this.#home() + ERASE_BELOW);
    this.#drawn = 0;
    this.#shown = "";
  }

  /** Must be called at the end, whatever the end is: the cursor is hidden until then. */
  close(): void {
    this.clear();
    this.#screen.write(SHOW_CURSOR);
  }

  #home(): string {
    return this.#drawn === 0 ? "\r" : `\r${ESC}${this.#drawn}A`;
  }
}
