/** Tables that repeat what tasks say, so that tasks are found by it: participants of people's work, and metadata. */
import type { Database } from "better-sqlite3";
import { searchableMetadata } from "../../codec/searchable-metadata.ts";
import { textIn } from "../column.ts";
import { ownTenant } from "../doctor/set-aside.ts";
import { SLICE_LARGE_ROWS } from "../slices.ts";
import { byNumber, columnsOfTable, DerivedShadow, type Filling, keyOf } from "./derived-shadow.ts";
import { SHADOW, TRIGGERS } from "./shadow.ts";

/** The table to fill, and the tasks whose rows go there: with numbers above `behind`, up to `upTo`. */
type Part = { into: string; behind: number; upTo: number };
type Fill = (db: Database, part: Part) => void;

const ALL = { behind: -1, upTo: Number.MAX_SAFE_INTEGER };

/** The same rows as `codec/human-rows.ts` writes. */
export function fillParticipants(db: Database, { into, behind, upTo }: Part = { ...ALL, into: "participants" }): void {
  db.prepare<unknown[]>(`INSERT OR IGNORE INTO ${into} (tenant, type, identity, part, state, free, task, own)
  WITH asked AS (
    SELECT a.task, a.claimed_by, CASE WHEN json_valid(t.record) THEN t.record -> '$.assignment' END AS said
    FROM assignments a JOIN tasks t ON t.n = a.task WHERE a.task > @behind AND a.task <= @upTo),
  parts AS (
    SELECT task, 'assignee' AS part, i.value ->> 'type' AS type, i.value ->> 'id' AS identity
      FROM asked, json_each(said, '$.assignees') i
    UNION ALL SELECT task, 'reviewer', i.value ->> 'type', i.value ->> 'id' FROM asked, json_each(said, '$.reviewers') i
    UNION ALL SELECT task, 'actor', 'user', i.value FROM asked, json_each(said, '$.actors') i
    UNION ALL SELECT task, 'owner', said ->> '$.owner.type', said ->> '$.owner.id' FROM asked
    UNION ALL SELECT task, 'claimant', 'user', claimed_by FROM asked)
  SELECT a.tenant, p.type, p.identity, p.part, a.state, a.claimed_by IS NULL, a.task, p.type = 'user' AND p.identity = a.creator
  FROM parts p JOIN assignments a ON a.task = p.task`).run({ behind, upTo });
}

/**
 * The metadata with which tasks were submitted. In JavaScript, as SQL writes some numbers differently. All at once needs a connection in unsafe
 * mode, which writes while a statement reads.
 */
export function fillMetadata(db: Database, { into, behind, upTo }: Part = { ...ALL, into: "metadata" }): void {
  const put = db.prepare<unknown[]>(`INSERT OR IGNORE INTO ${into} (tenant, key, value, task) VALUES (?, ?, ?, ?)`);
  const submitted = db
    .prepare<unknown[], unknown[]>(
      `SELECT ${ownTenant("t")}, t.n, s.fixed -> '$.metadata' FROM submissions s JOIN tasks t ON t.n = s.task
     WHERE s.task > ? AND s.task <= ? AND CASE WHEN json_valid(s.fixed) THEN json_type(s.fixed, '$.metadata') = 'object' END`,
    )
    .raw();
  const rows = upTo === ALL.upTo ? submitted.iterate(behind, upTo) : submitted.all(behind, upTo);
  for (const [tenant, n, metadata] of rows)
    for (const [key, value] of searchableMetadata(JSON.parse(textIn(metadata)))) put.run(tenant, key, value, n);
}

/** An assignment is replaced before its participants are: the new row drops the former ones. */
export function shadowOfParticipants(db: Database): DerivedShadow {
  const left = `CREATE TRIGGER ${TRIGGERS.renewed} AFTER INSERT ON assignments BEGIN ${dropOf("NEW.task")} END;
    CREATE TRIGGER ${TRIGGERS.left} AFTER DELETE ON assignments BEGIN ${dropOf("OLD.task")} END;`;
  return shadowOfListing(db, "participants", left, () => byTask(db, "assignments", fillParticipants));
}

export function shadowOfMetadata(db: Database): DerivedShadow {
  const left = `CREATE TRIGGER ${TRIGGERS.left} AFTER DELETE ON tasks BEGIN ${dropOf("OLD.n")} END;`;
  return shadowOfListing(db, "metadata", left, () => byTask(db, "submissions", fillMetadata));
}

function dropOf(task: string): string {
  return `DELETE FROM ${SHADOW} WHERE task = ${task};`;
}

/** The triggers `left` drop rows that the damaged table may lack, so that no DELETE of it would drop them. */
function shadowOfListing(db: Database, table: string, left: string, fill: () => Filling): DerivedShadow {
  const columns = columnsOfTable(db, table);
  const key = keyOf(db, table);
  const of = (row: string, names: string[]) => names.map((name) => `${row}.${name}`).join(", ");
  const put = `INSERT INTO ${SHADOW} (${columns.join(", ")}) VALUES (${of("NEW", columns)}) ON CONFLICT DO NOTHING;`;
  const remove = `DELETE FROM ${SHADOW} WHERE (${key.join(", ")}) = (${of("OLD", key)});`;
  const triggers = `
    CREATE TRIGGER ${TRIGGERS.put} AFTER INSERT ON ${table} BEGIN ${put} END;
    CREATE TRIGGER ${TRIGGERS.changed} AFTER UPDATE ON ${table} BEGIN ${remove} ${put} END;
    CREATE TRIGGER ${TRIGGERS.gone} AFTER DELETE ON ${table} BEGIN ${remove} END;
    ${left}`;
  return new DerivedShadow(db, table, { triggers, fill });
}

/** Up to the last task that is there now: triggers add later ones, so that this ends however fast they come. */
function byTask(db: Database, source: string, fill: Fill): Filling {
  const last = `SELECT ifnull(max(task), -1) FROM ${source}`;
  const rows = { table: source, number: "task", last, size: SLICE_LARGE_ROWS };
  return byNumber(db, rows, (behind, upTo) => fill(db, { into: SHADOW, behind, upTo }));
}
