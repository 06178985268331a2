/**
 * A key that may ask as often as a generator can: by default 300,000 requests a minute are a key's share, and 5,000 a
 * second are too few here.
 */
import { defineConfig } from "waybill";

const shares = { key: { requestsPerMinute: null }, tenant: { requestsPerMinute: null } };
export default defineConfig({ handlers: [], shares });
