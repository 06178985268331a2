/** Two agents of a tenant whose names differ in nothing but case or the form of their letters would be taken for each other. */
export function agentNameKey(name: string): string {
  return name.normalize("NFKC").trim().toLowerCase();
}
