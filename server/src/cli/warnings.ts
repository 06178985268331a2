/** What Node.js warns of that nobody who runs `waybill` can or need do anything about. */

/** Code of the warning that a package without `"type"` has modules: a configuration is a module, whatever its folder is. */
const TYPELESS = "MODULE_TYPELESS_PACKAGE_JSON";

/** Every other warning is printed as before. */
export function passOverTypeless(): void {
  const printers = process.listeners("warning");
  process.removeAllListeners("warning");
  process.on("warning", (warning: NodeJS.ErrnoException) => {
    if (warning.code === TYPELESS) return;
    for (const print of printers) print(warning);
  });
}
