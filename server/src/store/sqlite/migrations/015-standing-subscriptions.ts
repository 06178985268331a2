/**
 * Schema version 15: subscriptions of all tasks. What was made of one is not counted among its owner's own, and is found by
 * it when it has given an event up.
 */
export const standingSubscriptions = `
DROP INDEX subscriptions_of_user;
CREATE INDEX subscriptions_of_user ON subscriptions (tenant, user) WHERE done = 0 AND standing IS NULL;
CREATE INDEX subscriptions_given_up ON subscriptions (standing, key)
  WHERE standing IS NOT NULL AND json_extract(record, '$.givenUp') IS NOT NULL;
`;
