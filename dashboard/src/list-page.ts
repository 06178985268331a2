/** What the pages of tasks and of work have in common: a list, and beside it the one whose id stands in the address. */

/** Rows that are shown first, and that one more click brings. */
export const PAGE = 50;
export const SHOWN_MAX = 1_000;
export const API_PAGE_MAX = 200;

/** No id needs escapes; whatever else stands there is none, and the server will say so. */
export function selected(): string | null {
  const id = location.hash.slice(1);
  return id === "" ? null : id;
}

/** Escape goes back to the list, and a slash to the search. */
export function listenForKeys(list: { focus: () => void }, search: HTMLInputElement): void {
  document.addEventListener("keydown", (event) => {
    const writing = event.target instanceof Element && event.target.matches("input, textarea, select");
    if (event.key === "Escape" && !(event.target instanceof Element && event.target.closest("dialog") !== null))
      list.focus();
    if (writing || event.ctrlKey || event.metaKey || event.altKey || event.key !== "/") return;
    event.preventDefault();
    search.focus();
  });
}
