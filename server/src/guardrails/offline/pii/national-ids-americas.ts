/** Numbers by which the states of the Americas know people. */
import { isPlaceholder, luhn, weighted } from "./checksums.ts";
import { type NationalId, ONLY_BESIDE } from "./national-id.ts";
import { cpf, curp, rut } from "./national-id-checks.ts";

export const AMERICAN: readonly NationalId[] = [
  {
    entity: "NationalId.US.SSN",
    shape: "(?!000|666|9)\\d{3}[- .]?(?!00)\\d{2}[- .]?(?!0000)\\d{4}",
    check: (id) => !isPlaceholder(id) && id !== "078051120",
    words: /\b(?:ssn|social)\b/,
    alone: ONLY_BESIDE,
  },
  {
    entity: "NationalId.US.SSN",
    shape: "(?!000|666|9)\\d{3}-(?!00)\\d{2}-(?!0000)\\d{4}",
    check: (id) => !isPlaceholder(id),
    words: /\b(?:ssn|social)\b/,
    alone: 0.85,
  },
  {
    entity: "NationalId.US.ITIN",
    shape: "9\\d{2}-(?:5\\d|6[0-5]|7\\d|8[0-8]|9[0-24-9])-\\d{4}",
    check: () => true,
    words: /\bitin\b/,
    alone: 0.85,
  },
  {
    entity: "NationalId.BR.CPF",
    shape: "\\d{3}\\.?\\d{3}\\.?\\d{3}-?\\d{2}",
    check: (id) => !isPlaceholder(id) && cpf(id),
    words: /\bcpf\b/,
    alone: 0.6,
  },
  {
    entity: "NationalId.CA.SIN",
    shape: "\\d{3}[- ]?\\d{3}[- ]?\\d{3}",
    check: (id) => !isPlaceholder(id) && luhn(id),
    words: /\b(?:sin|nas|assurance sociale)\b/,
    alone: ONLY_BESIDE,
  },
  {
    entity: "NationalId.MX.CURP",
    shape: "[A-Z][AEIOUX][A-Z]{2}\\d{6}[HMX][A-Z]{5}[A-Z\\d]\\d",
    check: curp,
    words: /\bcurp\b/,
    alone: 0.97,
  },
  {
    entity: "NationalId.CL.RUT",
    shape: "\\d{1,2}\\.\\d{3}\\.\\d{3}-[\\dK]|\\d{7,8}-[\\dK]",
    check: rut,
    words: /\b(?:rut|run)\b/,
    alone: 0.75,
  },
  {
    entity: "NationalId.AR.CUIT",
    shape: "(?:20|23|24|27)-?\\d{8}-?\\d",
    check: (id) => (11 - (weighted(id, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11)) % 11 === Number(id[10]),
    words: /\bcui[tl]\b/,
    alone: 0.6,
  },
  {
    entity: "NationalId.EC.CI",
    shape: "(?:0[1-9]|1\\d|2[0-4]|30)[0-6]\\d{6}-?\\d",
    check: luhn,
    words: /c[ée]dula|ecuador|ecuatorian/,
    alone: ONLY_BESIDE,
  },
  {
    entity: "NationalId.UY.CI",
    shape: "\\d\\.?\\d{3}\\.?\\d{3}-?\\d",
    check: (id) => (10 - (weighted(id, [2, 9, 8, 7, 6, 3, 4]) % 10)) % 10 === Number(id[7]),
    words: /c[ée]dula|uruguay/,
    alone: ONLY_BESIDE,
  },
  {
    entity: "NationalId.CO.NIT",
    shape: "\\d{3}\\.?\\d{3}\\.?\\d{3}-\\d",
    check: (id) => "01987654321"[weighted(id, [41, 37, 29, 23, 19, 17, 13, 7, 3]) % 11] === id[9],
    words: /\bnit\b/,
    alone: 0.6,
  },
  {
    entity: "NationalId.PE.DNI",
    shape: "\\d{8}",
    check: (id) => !isPlaceholder(id),
    words: /\bdni\b/,
    alone: ONLY_BESIDE,
  },
  {
    entity: "NationalId.VE.Cedula",
    shape: "V-?\\d{1,2}\\.?\\d{3}\\.?\\d{3}",
    check: (id) => !isPlaceholder(id.slice(1)),
    words: /c[ée]dula/,
    alone: 0.45,
  },
];
