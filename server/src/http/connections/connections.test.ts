import { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { networkOf } from "../network.ts";
import { type ConnectionBounds, Connections } from "./connections.ts";

class Caller extends Socket {
  override readonly remoteAddress: string;

  constructor(address: string) {
    super();
    this.remoteAddress = address;
  }
}

function connections(bounds: Partial<ConnectionBounds> = {}) {
  const all = new Connections({ max: 10, requestsOfOne: 16, ofKey: null, ofAddress: null, ...bounds });
  const open = (address = "10.0.0.1", key?: string) => {
    const socket = new Caller(address);
    all.add(socket);
    if (key !== undefined) all.shows(socket, key);
    return socket;
  };
  return { all, open };
}

const isOpen = (socket: Socket) => !socket.destroyed;

describe("connections", () => {
  it("of strangers make room for newer ones, the oldest first; one that has shown a key stays", () => {
    const { all, open } = connections();
    const known = open("10.0.0.1", "a");
    const strangers = Array.from({ length: 9 }, () => open());
    expect(strangers.every(isOpen)).toBe(true);
    const newest = open("10.0.0.2");
    expect([known, ...strangers, newest].map(isOpen)).toEqual([true, false, ...Array(9).fill(true)]);
    expect(all.size).toBe(10);
    for (let i = 0; i < 100; i++) open();
    expect([all.size, isOpen(known)]).toEqual([10, true]);
  });

  it("of one address leave those of others alone", () => {
    const { open } = connections({ ofAddress: 3 });
    const other = open("2001:db8::1");
    const own = Array.from({ length: 5 }, (_, at) => open(`2001:db8:0:1::${at}`));
    expect([other, ...own].map(isOpen)).toEqual([true, false, false, true, true, true]);
  });

  it("of one key keep their place up to its share, and a tenth of all is left to strangers", () => {
    const { open } = connections({ ofKey: 4 });
    const greedy = Array.from({ length: 10 }, () => open("10.0.0.1", "greedy"));
    const modest = open("10.0.0.2", "modest");
    for (let i = 0; i < 20; i++) open();
    expect(greedy.filter(isOpen)).toHaveLength(4);
    expect(isOpen(modest)).toBe(true);
    for (const key of ["b", "c", "d", "e", "f", "g"]) open("10.0.0.3", key);
    expect(isOpen(open())).toBe(true);
  });

  it("are forgotten once they are closed", async () => {
    const { all, open } = connections();
    const sockets = [open(), open("10.0.0.2", "a")];
    for (const socket of sockets) socket.destroy();
    await expect.poll(() => all.size).toBe(0);
  });
});

it.each([
  ["10.1.2.3", "10.1.2.3"],
  ["::ffff:10.1.2.3", "10.1.2.3"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:0DB8:0001:0002::9", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["::ffff:a00:1", "10.0.0.1"],
  ["0:0:0:0:0:FFFF:10.0.0.1", "10.0.0.1"],
  ["64:ff9b::192.0.2.33", "192.0.2.33"],
  ["64:ff9b::c000:221", "192.0.2.33"],
  ["64:ff9b:1::192.0.2.33", "64:ff9b:1:0::/64"],
  ["2001:db8:1:2::192.0.2.33", "2001:db8:1:2::/64"],
  ["unknown", "unknown"],
])("the network of %s is %s", (address, network) => {
  expect(networkOf(address)).toBe(network);
});
