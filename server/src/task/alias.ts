/** A name by which a client knows a task or a conversation: one that it brought, or one that its protocol makes. */
export type Alias = { tenant: string; owner: string; lens: string; value: string };

/** A new name of a task. A numbered one that is taken becomes `<value>-2`, `-3` ...; any other leaves the task that had it. */
export type TaskAlias = Alias & { numbered: boolean };
