/** Schema version 21: items of people's work by what few of them have in common, for worklists with conditions. */
export const worklistConditions = `
CREATE INDEX assignments_by_creator ON assignments (tenant, creator);
CREATE INDEX assignments_by_sender ON assignments (tenant, sender);
CREATE INDEX assignments_by_definition ON assignments (tenant, definition) WHERE definition IS NOT NULL;
CREATE INDEX assignments_by_due ON assignments (tenant, due_at) WHERE due_at IS NOT NULL;
`;
