/** What a script of attacks says of each: a row of the table that `torture.mjs` puts together. One that did not hold ends it with 1. */
export function tell(attack, tried, cameTo, isHeld) {
  console.log(`| ${[attack, tried, cameTo].map(inCell).join(" | ")} | ${isHeld ? "yes" : "NO"} |`);
  if (!isHeld) process.exitCode = 1;
}

function inCell(text) {
  return text.replaceAll("|", "\\|").replaceAll(/\s+/g, " ");
}
