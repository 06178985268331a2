import { personQuestion } from "../person.ts";
import { defineTool } from "../tool.ts";

/** The model's tool to ask a person. The run itself carries out the call: a wait is no step. */
export const askPersonTool = defineTool({
  name: "ask_person",
  description:
    "Asks the person who gave the task and waits for the answer, at most 30 minutes. Use it only when the task cannot be done without something that only they know.",
  input: personQuestion,
  run: () => {
    throw new Error("ask_person is carried out by the run.");
  },
});
