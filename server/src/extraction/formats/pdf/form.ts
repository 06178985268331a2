/**
 * What people have filled in: the fields of a form with their values, where they stand on the page, and text that was
 * typed onto it. A page's own text has none of it. What is hidden, and what is a password, stays where it is.
 */
import { call, type Module, utf16 } from "./calls.ts";
import type { Box } from "./glyph.ts";

/** Its text is what the field shows: a box is `[x]` or `[ ]`. */
export type Field = Box & { text: string; size: number };

const FORM_INFO_BYTES = 256;
const FORM_INFO_VERSION = 2;
const SUBTYPE_FREE_TEXT = 3;
const SUBTYPE_WIDGET = 20;
const FIELD_CHECK_BOX = 2;
const FIELD_RADIO_BUTTON = 3;
const FIELD_COMBO_BOX = 4;
const FIELD_LIST_BOX = 5;
const FIELD_TEXT = 6;
/** Bits of an annotation: hidden, and not shown on a screen. */
const HIDDEN = 2 | 32;
/** A bit of a text field. */
const PASSWORD = 8_192;
const OPTIONS_MAX = 1_000;
/** Of a field whose font is as large as there is room. */
const SIZE_MAX = 12;
/** Of the height of a field of one line. */
const SIZE_SHARE = 0.7;

/** PDFium's own view of the document's form. Its pages are told to it, or it does not know which boxes are checked. */
export class Form {
  readonly handle: number;

  private constructor(handle: number) {
    this.handle = handle;
  }

  /** Null when the document has no form. */
  static of(module: Module, document: number): Form | null {
    if (call(module, "FPDF_GetFormType", document) === 0) return null;
    // None of the functions that it may call is there, and it lives as long as the document.
    const info = module.wasmExports.malloc(FORM_INFO_BYTES);
    module.HEAPU8.fill(0, info, info + FORM_INFO_BYTES);
    module.HEAP32[info >> 2] = FORM_INFO_VERSION;
    const handle = call(module, "FPDFDOC_InitFormFillEnvironment", document, info);
    return handle === 0 ? null : new Form(handle);
  }
}

export function fieldsOn(module: Module, page: number, form: Form | null, most: number): Field[] {
  const count = Math.min(call(module, "FPDFPage_GetAnnotCount", page), most);
  if (count === 0) return [];
  const scratch = module.wasmExports.malloc(16);
  if (form) call(module, "FORM_OnAfterLoadPage", page, form.handle);
  const fields: Field[] = [];
  for (let at = 0; at < count; at++) {
    const annotation = call(module, "FPDFPage_GetAnnot", page, at);
    if (annotation === 0) continue;
    const field = fieldOf(module, annotation, form?.handle ?? 0, scratch);
    if (field) fields.push(field);
    call(module, "FPDFPage_CloseAnnot", annotation);
  }
  if (form) call(module, "FORM_OnBeforeClosePage", page, form.handle);
  module.wasmExports.free(scratch);
  return fields;
}

function fieldOf(module: Module, annotation: number, form: number, scratch: number): Field | null {
  if ((call(module, "FPDFAnnot_GetFlags", annotation) & HIDDEN) !== 0) return null;
  const subtype = call(module, "FPDFAnnot_GetSubtype", annotation);
  const isWidget = subtype === SUBTYPE_WIDGET && form !== 0;
  if (!isWidget && subtype !== SUBTYPE_FREE_TEXT) return null;
  const text = isWidget ? fieldTextOf(module, annotation, form) : contentsOf(module, annotation);
  if (text.trim() === "" || call(module, "FPDFAnnot_GetRect", annotation, scratch) !== 1) return null;
  const [left = 0, top = 0, right = 0, bottom = 0] = new Float32Array(module.HEAPU8.buffer, scratch, 4);
  const said = isWidget && call(module, "FPDFAnnot_GetFontSize", form, annotation, scratch) === 1;
  const size = said ? (new Float32Array(module.HEAPU8.buffer, scratch, 1)[0] ?? 0) : 0;
  const fitting = Math.max(1, Math.min(SIZE_MAX, SIZE_SHARE * Math.abs(top - bottom)));
  return {
    text,
    left: Math.min(left, right),
    right: Math.max(left, right),
    bottom: Math.min(bottom, top),
    top: Math.max(bottom, top),
    size: size > 0 ? size : fitting,
  };
}

function fieldTextOf(module: Module, annotation: number, form: number): string {
  switch (call(module, "FPDFAnnot_GetFormFieldType", form, annotation)) {
    case FIELD_CHECK_BOX:
    case FIELD_RADIO_BUTTON:
      return call(module, "FPDFAnnot_IsChecked", form, annotation) === 1 ? "[x]" : "[ ]";
    case FIELD_COMBO_BOX:
    case FIELD_LIST_BOX:
      return chosenOf(module, annotation, form) || textValueOf(module, annotation, form);
    case FIELD_TEXT: {
      const isPassword = (call(module, "FPDFAnnot_GetFormFieldFlags", form, annotation) & PASSWORD) !== 0;
      return isPassword ? "" : textValueOf(module, annotation, form);
    }
    default:
      return "";
  }
}

function textValueOf(module: Module, annotation: number, form: number): string {
  return utf16(module, (to, room) => call(module, "FPDFAnnot_GetFormFieldValue", form, annotation, to, room));
}

/** As people read it; what the form sends for it may be a number. */
function chosenOf(module: Module, annotation: number, form: number): string {
  const count = Math.min(call(module, "FPDFAnnot_GetOptionCount", form, annotation), OPTIONS_MAX);
  const chosen: string[] = [];
  for (let at = 0; at < count; at++)
    if (call(module, "FPDFAnnot_IsOptionSelected", form, annotation, at) === 1)
      chosen.push(
        utf16(module, (to, room) => call(module, "FPDFAnnot_GetOptionLabel", form, annotation, at, to, room)),
      );
  return chosen.join(", ");
}

function contentsOf(module: Module, annotation: number): string {
  const key = module.wasmExports.malloc(16);
  module.HEAPU8.set(Buffer.from("Contents\0", "latin1"), key);
  const text = utf16(module, (to, room) => call(module, "FPDFAnnot_GetStringValue", annotation, key, to, room));
  module.wasmExports.free(key);
  return text;
}
