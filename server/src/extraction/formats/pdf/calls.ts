/**
 * The functions of PDFium by their names. They take and give numbers; addresses are those of its own memory. The package's
 * own wrappers know few of them, and cost more than the call.
 */
import { PDFiumModule } from "@hyzyla/pdfium";

export type Module = Awaited<ReturnType<typeof PDFiumModule>>;

const TEXT_BYTES_MAX = 64 * 1024;

/** Begun as soon as this file is loaded: a process that expects a PDF has it ready. */
export const starting = PDFiumModule({}).then((module) => {
  module._FPDF_InitLibraryWithConfig({});
  return module;
});

function isCallable(value: unknown): value is (...values: number[]) => number {
  return typeof value === "function";
}

export function functionOf(module: Module, name: string): (...values: number[]) => number {
  const found: unknown = Reflect.get(module.wasmExports, name);
  if (!isCallable(found)) throw new Error(`PDFium has no ${name}.`);
  return found;
}

const functions = new WeakMap<Module, Map<string, (...values: number[]) => number>>();

export function call(module: Module, name: string, ...values: number[]): number {
  const known = functions.get(module) ?? new Map<string, (...values: number[]) => number>();
  functions.set(module, known);
  const found = known.get(name) ?? functionOf(module, name);
  known.set(name, found);
  return found(...values);
}

export function utf16(module: Module, write: (to: number, room: number) => number): string {
  return textAt(module, write, "utf-16le");
}

export function utf8(module: Module, write: (to: number, room: number) => number): string {
  return textAt(module, write, "utf-8");
}

/** `write` says how many bytes there are, the zero at the end among them, and writes them where there is room. */
function textAt(module: Module, write: (to: number, room: number) => number, encoding: string): string {
  const bytes = Math.min(write(0, 0), TEXT_BYTES_MAX);
  if (bytes <= 0) return "";
  const address = module.wasmExports.malloc(bytes);
  try {
    write(address, bytes);
    const text = new TextDecoder(encoding).decode(module.HEAPU8.slice(address, address + bytes));
    return text.replace(/\0[\s\S]*$/, "");
  } finally {
    module.wasmExports.free(address);
  }
}
