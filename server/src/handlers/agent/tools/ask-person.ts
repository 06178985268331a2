import { personQuestion } from "../person.ts";
import { defineTool } from "../tool.ts";

/** What the model sees of asking a person. The run itself carries the call out: a wait is no step. */
export const askPersonTool = defineTool({
  name: "ask_person",
  description:
    "Asks the person who gave the task and waits for the answer, at most 30 minutes. Use it only when the task cannot be done without something that only they know.",
  input: personQuestion,
  run: () => {
    throw new Error("ask_person is carried out by the run.");
  },
});
