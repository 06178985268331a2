/** English words whose ending does not say what they are a form of, with that word: "mice" of "mouse", "went" of "go". */
export const irregularForms: ReadonlyMap<string, string> = new Map(
  `
  died>die dying>die dies>die wrote>write written>write began>begin begun>begin built>build bought>buy made>make
  led>lead won>win told>tell went>go gone>go took>take taken>take gave>give given>give left>leave became>become
  met>meet held>hold sold>sell paid>pay spoke>speak spoken>speak chose>choose chosen>choose ran>run grew>grow
  grown>grow knew>know known>know flew>fly drew>draw drawn>draw sent>send lost>lose taught>teach thought>think
  brought>bring caught>catch fought>fight kept>keep stood>stand lived>live lives>live men>man women>woman
  children>child people>person mice>mouse wives>wife geese>goose feet>foot teeth>tooth oxen>ox lice>louse ate>eat
  was>be were>be better>good best>good worse>bad worst>bad indices>index matrices>matrix vertices>vertex
  criteria>criterion`
    .trim()
    .split(/\s+/)
    .map((pair) => [pair.slice(0, pair.indexOf(">")), pair.slice(pair.indexOf(">") + 1)]),
);
