/**
 * A form made from a JSON Schema. It says what was filled in, and shows beside a field what the server says of it; what fits
 * is the server's to say. A field that is left empty is left out.
 */
import type { Json, JsonObject } from "@waybill/sdk";
import { button, element } from "./element.ts";
import { jsonOf } from "./json-field.ts";
import { isObject, labelOf, resolved, type Shape, shapeOf, textAt } from "./schema.ts";

/** Fields and choices that are drawn at once: references to one part may ask for it a million times. More is written as JSON. */
const PARTS_MAX = 2_000;

/** A place to fill in, with those inside it. */
type Field = {
  view: HTMLElement;
  /** Undefined when it is left empty. Throws `NotJson`. */
  value: () => Json | undefined;
  /** The field at this path below it, or the nearest one around it. */
  at: (path: readonly string[]) => HTMLElement;
};

type Wanted = { schema: JsonObject; label: string; value: Json | undefined; required: boolean; depth: number };

export class SchemaForm {
  readonly view: HTMLElement;
  readonly #root: JsonObject;
  readonly #field: Field;
  #room = PARTS_MAX;

  constructor(schema: JsonObject, value: Json | undefined) {
    this.#root = schema;
    this.#field = this.#fieldOf({ schema, label: "", value, required: true, depth: 0 });
    this.view = element("div", { class: "schema-form" }, this.#field.view);
  }

  /** What is filled in; undefined where that is nothing at all. Throws `NotJson`. */
  value(): Json | undefined {
    return this.#field.value();
  }

  focus(): void {
    this.view.querySelector<HTMLElement>("input, textarea, select, button")?.focus();
  }

  /** Shows at a field why the server does not take it, and goes there. */
  fault(path: readonly string[], message: string): void {
    const place = this.#field.at(path);
    const said = element("p", { class: "fault", role: "alert" }, message);
    place.append(said);
    const input = place.querySelector<HTMLElement>("input, textarea, select");
    input?.setAttribute("aria-invalid", "true");
    // A list has nothing to write in before something is added to it.
    (input ?? place.querySelector<HTMLElement>("button"))?.focus();
  }

  clear(): void {
    for (const said of this.view.querySelectorAll(".fault")) said.remove();
    for (const input of this.view.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
  }

  #fieldOf({ schema: given, ...wanted }: Wanted): Field {
    const schema = resolved(given, this.#root);
    const shape = shapeOf(schema, wanted.depth);
    const value = wanted.value === undefined ? schema["default"] : wanted.value;
    const all = { ...wanted, schema, value };
    this.#room -= partsOf(shape);
    if (this.#room < 0) return asJson(all);
    switch (shape.is) {
      case "object":
        return this.#group(all, shape);
      case "list":
        return this.#list(all, shape.items);
      case "choice":
        return choice(all, shape.choices);
      case "flag":
        return flag(all);
      case "number":
        return number(all, shape);
      case "text":
        return text(all, shape);
      case "json":
        return asJson(all);
    }
  }

  #group({ schema, label, value, depth }: Wanted, { properties }: Shape & { is: "object" }): Field {
    const before = isObject(value) ? value : {};
    const fields = properties.map(([name, inner, required]): [string, Field] => [
      name,
      this.#fieldOf({
        schema: inner,
        label: labelOf(resolved(inner, this.#root), name),
        value: before[name],
        required,
        depth: depth + 1,
      }),
    ]);
    // What the form has no field for stays as it is.
    const known = new Set(properties.map(([name]) => name));
    const beside = Object.entries(before).filter(([name]) => !known.has(name));
    const view = grouped(label, textAt(schema, "description"), ...fields.map(([, field]) => field.view));
    return {
      view,
      value: () => {
        const filled = fields.flatMap(([name, field]): [string, Json][] => {
          const each = field.value();
          return each === undefined ? [] : [[name, each]];
        });
        return filled.length + beside.length === 0 && depth > 0
          ? undefined
          : Object.fromEntries([...beside, ...filled]);
      },
      at: ([name, ...rest]) => fields.find(([each]) => each === name)?.[1].at(rest) ?? view,
    };
  }

  #list({ schema, label, value, depth }: Wanted, items: JsonObject): Field {
    const rows: { field: Field; row: HTMLElement }[] = [];
    const list = element("div", { class: "items" });
    const add = (item?: Json): void => {
      const field = this.#fieldOf({ schema: items, label: "", value: item, required: true, depth: depth + 1 });
      const row = element("div", { class: "item" }, field.view);
      const made = { field, row };
      const remove = button("Remove", "quiet", () => {
        rows.splice(rows.indexOf(made), 1);
        row.remove();
        adding.focus();
      });
      remove.setAttribute("aria-label", `Remove this item of ${label || "the list"}`);
      row.append(remove);
      rows.push(made);
      list.append(row);
    };
    const adding = button("Add", "", () => {
      this.#room = PARTS_MAX;
      add();
      rows.at(-1)?.row.querySelector<HTMLElement>("input, textarea, select")?.focus();
    });
    adding.setAttribute("aria-label", `Add to ${label || "the list"}`);
    for (const item of Array.isArray(value) ? value : []) add(item);
    const view = grouped(label, textAt(schema, "description"), list, adding);
    return {
      view,
      value: () => {
        const filled = rows.map(({ field }) => field.value()).filter((item) => item !== undefined);
        return filled.length > 0 || Array.isArray(value) || depth === 0 ? filled : undefined;
      },
      at: ([name, ...rest]) => rows[Number(name)]?.field.at(rest) ?? view,
    };
  }
}

function partsOf(shape: Shape): number {
  if (shape.is === "object") return shape.properties.length;
  return shape.is === "choice" ? shape.choices.length : 1;
}

function grouped(label: string, about: string | null, ...children: HTMLElement[]): HTMLElement {
  return element(
    label === "" ? "div" : "fieldset",
    { class: "group" },
    label === "" ? null : element("legend", {}, label),
    about === null ? null : element("p", { class: "about" }, about),
    ...children,
  );
}

type Input = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

/** A field of one input. */
function plain({ schema, label, required }: Wanted, input: Input, value: () => Json | undefined): Field {
  if (label === "") input.setAttribute("aria-label", textAt(schema, "title") ?? "Value");
  if (schema["readOnly"] === true) input.setAttribute("disabled", "");
  const about = textAt(schema, "description");
  const view = element(
    "label",
    { class: "field" },
    label === ""
      ? null
      : element("span", { class: "name" }, label, required ? element("b", { title: "Required" }, " *") : null),
    input,
    about === null ? null : element("span", { class: "about" }, about),
  );
  return { view, value, at: () => view };
}

function choice(wanted: Wanted, choices: { value: Json; label: string }[]): Field {
  const same = ({ value }: { value: Json }) => JSON.stringify(value) === JSON.stringify(wanted.value);
  const chosen = choices.findIndex(same);
  const options = choices.map(({ label }, at) => element("option", { value: at, selected: at === chosen }, label));
  const none = element("option", { value: "", selected: chosen === -1 }, "");
  const input = element("select", {}, none, ...options);
  return plain(wanted, input, () => (input.value === "" ? undefined : choices[Number(input.value)]?.value));
}

function flag(wanted: Wanted): Field {
  const input = element("input", { type: "checkbox", checked: wanted.value === true });
  let isTouched = wanted.required || typeof wanted.value === "boolean";
  input.addEventListener("change", () => {
    isTouched = true;
  });
  const field = plain(wanted, input, () => (isTouched ? input.checked : undefined));
  field.view.classList.add("check");
  return field;
}

function number(wanted: Wanted, { whole, min, max }: Shape & { is: "number" }): Field {
  const value = typeof wanted.value === "number" ? wanted.value : "";
  const input = element("input", { type: "number", step: whole ? 1 : "any", min, max, value, inputmode: "decimal" });
  return plain(wanted, input, () => {
    const number = Number(input.value);
    const what = wanted.label || "The value";
    if (input.validity.badInput) throw new Error(`${what}: this is not a number.`);
    if (/^-?\d+$/.test(input.value) && !Number.isSafeInteger(number))
      throw new Error(`${what}: ${input.value} has more digits than a number keeps.`);
    return input.value === "" ? undefined : number;
  });
}

function text(wanted: Wanted, { input: type, max }: Shape & { is: "text" }): Field {
  const value = typeof wanted.value === "string" ? wanted.value : "";
  if (type === "prose") {
    const input = element("textarea", { rows: 4, maxlength: max }, value);
    return plain(wanted, input, () => input.value || undefined);
  }
  if (type === "datetime-local") {
    const input = element("input", { type, step: 1, value: localMoment(value) });
    return plain(wanted, input, () => (input.value === "" ? undefined : new Date(input.value).toISOString()));
  }
  if (type === "time") {
    const input = element("input", { type, step: 1, value: value.slice(0, "00:00:00".length) });
    // A browser leaves out seconds that are none, which the form of a time has all the same.
    return plain(wanted, input, () => input.value.replace(/^\d\d:\d\d$/, "$&:00") || undefined);
  }
  const input = element("input", { type, maxlength: max, value, autocomplete: "off" });
  return plain(wanted, input, () => input.value || undefined);
}

/** A moment as the browser's field has it, by this machine's clock. */
function localMoment(iso: string): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return "";
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

function asJson(wanted: Wanted): Field {
  const { value, label } = wanted;
  const input = element("textarea", { rows: 3, class: "code", spellcheck: "false", placeholder: "JSON" });
  input.value = value === undefined ? "" : JSON.stringify(value, null, 2);
  return plain(wanted, input, () =>
    input.value.trim() === "" ? undefined : jsonOf(input, label === "" ? "The value" : label),
  );
}
