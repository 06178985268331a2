/** Small durable settings of the folder. */
import { expect, test } from "vitest";
import type { SettingStore } from "../store.ts";

export function settingStories(setup: () => Promise<SettingStore>): void {
  test("a setting is there until it is put anew", async () => {
    const store = await setup();
    expect(await store.setting("process")).toBeNull();
    await store.putSetting("process", { clean: true });
    await store.putSetting("process", { clean: false });
    expect(await store.setting("process")).toEqual({ clean: false });
  });

  test("settings of different names do not touch each other", async () => {
    const store = await setup();
    await store.putSetting("process:a", { clean: true });
    await store.putSetting("process:b", { clean: false });
    expect([await store.setting("process:a"), await store.setting("process:b")]).toEqual([
      { clean: true },
      { clean: false },
    ]);
  });
}
