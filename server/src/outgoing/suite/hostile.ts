/** Addresses that no caller may send a server to, each in the spellings that are known to slip through. */
const OF_THIS_MACHINE = ["127.0.0.1", "127.1.2.3", "127.255.255.254", "0.0.0.0", "0.1.2.3"];
const OF_A_NETWORK = [
  "10.0.0.1",
  "10.255.255.255",
  "172.16.0.1",
  "172.31.255.254",
  "192.168.0.1",
  "192.168.255.255",
  "100.64.0.1",
  "100.127.255.254",
  "169.254.1.1",
  "192.0.0.8",
  "192.0.2.1",
  "198.18.0.1",
  "198.51.100.7",
  "203.0.113.9",
  "192.88.99.1",
  "224.0.0.1",
  "239.255.255.250",
  "240.0.0.1",
  "255.255.255.255",
];
/** AWS and most others, its credentials for containers, Alibaba, Oracle, Azure. */
const METADATA = ["169.254.169.254", "169.254.170.2", "100.100.100.200", "192.0.0.192", "168.63.129.16"];

export const HOSTILE_4 = [...OF_THIS_MACHINE, ...OF_A_NETWORK, ...METADATA];

export const HOSTILE_6 = [
  "::",
  "::1",
  "fe80::1",
  "febf::1",
  "fec0::1",
  "fc00::1",
  "fd00:ec2::254",
  "fd20:ce::254",
  "fdff::1",
  "ff02::1",
  "ff05::1:3",
  "100::1",
  "2001:db8::1",
  "2001::1",
  "2001:10::1",
  "3fff::1",
  "5f00::1",
  "4000::1",
  "e000::1",
];

/** The hosts of addresses that lead to `address`, in text. */
function spellingsOf(address: string): string[] {
  const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number);
  const whole = ((a * 256 + b) * 256 + c) * 256 + d;
  const hex = (value: number, digits = 0) => value.toString(16).padStart(digits, "0");
  const groups = `${hex(a * 256 + b)}:${hex(c * 256 + d)}`;
  /** As Teredo writes the address of a client. */
  const inverted = `${hex(0xffff - (a * 256 + b))}:${hex(0xffff - (c * 256 + d))}`;
  const circled = (digit: string) => String.fromCodePoint(digit === "0" ? 0x24ea : 0x245f + Number(digit));
  return [
    address,
    `${address}.`,
    String(whole),
    `0x${hex(whole)}`,
    `0${whole.toString(8)}`,
    [a, b, c, d].map((part) => `0x${hex(part)}`).join("."),
    [a, b, c, d].map((part) => `0${part.toString(8)}`).join("."),
    `0x${hex(a)}.${b}.0${c.toString(8)}.${d}`,
    `${a}.${whole % 2 ** 24}`,
    `${a}.${b}.${c * 256 + d}`,
    address.replaceAll(".", "。"),
    address.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
    address.replace(".", "%2e"),
    address.replaceAll(".", "．"),
    address.replaceAll(".", "｡"),
    address.replace(/\d/g, circled),
    [...address].map((character) => `%${character.charCodeAt(0).toString(16)}`).join(""),
    address.replace(".", ".\u00ad"),
    [a, b, c, d].map((part) => `000${part.toString(8)}`).join("."),
    `0X${hex(whole, 16)}`,
    `[::ffff:${address}]`,
    `[::ffff:${groups}]`,
    `[::${address}]`,
    `[::ffff:0:${groups}]`,
    `[64:ff9b::${address}]`,
    `[64:ff9b:1::${groups}]`,
    `[0:0:0:0:0:FFFF:${groups.toUpperCase()}]`,
    `[::ffff:0:${address}]`,
    `[64:ff9b::${groups}]`,
    `[64:ff9b:1:ffff:0:0:${address}]`,
    `[fe80::5efe:${address}]`,
    `[::ffff:${address}%25lo]`,
    `[2001:0:4136:e378:8000:63bf:${inverted}]`,
    `[2002:${groups}::1]`,
    `[2002:${groups}::${groups}]`,
    `[2001:0:${groups}::1]`,
  ];
}

export const HOSTILE_HOSTS = [
  ...HOSTILE_4.flatMap(spellingsOf),
  ...HOSTILE_6.map((address) => `[${address}]`),
  ...["localhost", "LOCALHOST", "localhost.", "anything.localhost", "ｌocalhost"],
  ...["localhost%2E", "lo%63alhost", "loc\u00adalhost", "ⓛocalhost", "a.b.LocalHost."],
  ...["[fe80::1%25eth0]", "[::1%251]", "[0000::0001]", "[::0:1]"],
];
