/** The list of curses and slurs is that of the package `cuss`. */
import { cuss } from "cuss";
import { lexiconOf, type WordLists } from "./lexicon.ts";

/** Everyday words of that list, and names. */
const INNOCENT = new Set(
  `alligatorbait argie arse bandit balls beaner bait bogan bong boong boonies booty burr chav chunky chunkies chug chugs chunger cockfight cocky commie coolie coolies cooly coon crap crappy cushi dago dammit darky degos diddle dingleberry dink dinks dix dong dope drag ero esqua evl faeces fatah fister flange fok fu gables geez geezer geni gora goras gringo gringos gummer gyp gypsies gypsy gypsys hadji haji hajis hajji hajjis haole hapa hebe hillbillies hillbilly ho hobo hoes homo honger hooker hookers hori horis hussy indon ikwe jap jeez jig jigs jigger jiggers jiggy juggalo kacap kafir kimchis klansman krap kumquat cumquat kuffar kushi kwa lebo lez limey limy loser looser lubra lugan lugans macaca magicwand mams mau meatrack mockie mocky moky moneyshot moslem muff mulatto munt mzungu niger niggle niggled niggles niggling nigglings niggard niggarded niggarding niggardliness niggardlinesss niggards nip nittit noonan nudger om orga payo peepee perv piker pikey pohm poms pom pollock pollocks poo poop pooper pooping poopers pric pud puke pussies quashie redleg reefer rere rigger rimming roundeye russki russkie sadom sandm scallywag seppo sexed sexing shav sissy skwa slant slanty slapper slave slavedriver spade squaw stagg sixtynine sixsixsix hitlerism hitlerist jebus christ killer gonorrehea insest masterblaster lovebone lowlife pansies pansy kyopo gyopo pocha pocho whites yank yanks zip tang spit spitter stringer stripclub triplex tinker tinkers welfare whacker whiz willie vomit vibr vibrater taff teste turnon threeway thirdeye thirdleg smut sloper slopers sooty sooties spunk spunky squinty squa sodomy swalow tuckahoe twink twinkie twinkies wn wab whop wuss usama transvestite weenie welcher stupid idiot moron dumb slanteye swamp stuinties uck spig spik spigotty`.split(
    /\s+/,
  ),
);

const CURSES = new Set(
  Object.entries(cuss).flatMap(([word, sure]) =>
    sure === 2 && !word.includes(" ") && !INNOCENT.has(word) ? [word] : [],
  ),
);
/** Inside of a word nothing else has these. */
const CURSE_STEMS =
  /fuck|f[*#]+c?k|\bfck|phuck|motherf|bullshit|shith|shitt(?!er)|\bsh[*#]+t|assh[o0]le|a[*#]+hole|\bcunt|c[*#]+nt|\bbitch|b[*#]+tch|dickhead|wanker|bastard|faggot|(?<!s)nigg(?:er|a)|whore|slut(?!sk)|cocksuck|dumbass|jackass|\btwat|tosser|douche|tranny|trannies|retard(?!ant|ati|ed by)|\bstfu|\bgtfo/;

const LISTS: WordLists = {
  usual: `the of and to in is are was were be been it its that this these those with for on at by from as an a or but if then than
    so do does did not no what which who when where why how i you he she we they my your his her our their me him them us have has
    had will would can could should must may there here just more most some any all about out up into over after before get got
    go going make made like know think want need please thanks im dont cant youre its lets shut`,
  curse: "",
  mild: "damn damned goddamn goddamned bloody crap hell piss pissed arse ass butt freaking effing sucks suck bugger screw screwed wtf omfg dick prick balls turd bollocks",
  insult:
    "idiot idiots moron morons loser losers imbecile imbeciles scumbag scumbags dumb dumbass clown clowns pig pigs cretin cretins lowlife lowlifes parasite parasites halfwit dimwit dimwits scum trash filth creep creeps freak freaks coward cowards weasel worm ape apes cow whale pervert perverts psycho jerk jerks stupid worthless disgusting pathetic useless filthy repulsive ugly braindead brainless thick retarded liar traitor traitors swine vermin cockroach cockroaches rats subhuman animals plague garbage disease savages inbred degenerate degenerates hillbillies waste joke fool fools bonehead numbskull nitwit airhead buffoon dork dunce dolt oaf wimp sissy skank hag brat scoundrel leech leeches creepy gross vile nasty spineless clueless hopeless nobody failure embarrassment disgrace nutjob lunatic rot stink stinks smelly",
  harm: "kill kills killed killing murder stab stabbed shoot shot strangle strangled beat smash hurt destroy burn hang hanged die dies dead death gas bomb slit slap slapped slapped rape raped punch choke bleach cancer bullet knife wipe exterminate deported cut throat bone bones teeth skull neck bleed bleeding drown drowned grave funeral coffin rot rots kick kicked kicking punched smack smacked crush choke choked suffer dead noose rope roof jail execute lynch",
  group:
    "immigrant immigrants muslim muslims jew jews jewish christian christians atheist atheists gay gays lesbian lesbians woman women man men girl girls boy boys refugee refugees mexican mexicans african africans asian asians pole poles polish turk turks roma gypsy gypsies trans transgender disabled foreigner foreigners indian indians black blacks white whites chinese arab arabs american americans german germans italian italians french blonde blondes teenager teenagers boomer boomers elderly old young poor rich homeless unemployed latina latino latinos nigerian nigerians queer autistic deaf blind mothers mums moms mother wife wives male female folks people kids redneck rednecks guy guys nationality religion wheelchair",
  you: "you your youre ur u yourself yours youve youd yall him her them they those these theyre he she",
  self: "i im my me mine myself we our us",
  all: "all every everyone everybody always never typical nature naturally born blood just only none most obviously course genetics proven fact know",
  cannot:
    "cant cannot shouldnt dont never not belong allowed trust hire rent place learn drive fit handle should must only stay back out",
  trait:
    "lazy stupid greedy violent dishonest dirty weak irrational emotional unreliable inferior backward cheap dangerous incompetent submissive criminal criminals thieves thief steal steals gossips obsessed bad worse intelligent clever smart drivers maths math arrogant dramatic loud brainwashed technology cooks dancers control",
  fair: "myth wrong stereotype stereotypes equal rights right discrimination forbidden crime protects study survey report law deserve says said word called calling quote history museum novel film celebrate neighbours support interviewed respectful unfair vote myths memorial criticises contrary persecuted pay voted union speak live lives work works met asked won friend",
  machine:
    "process processes server session connection job container thread daemon kernel docker terraform script code build exit memory child children git node game boss email e mail link printer phone battery update system switch port request task query database file",
};

/** Curses are heard in any language, also where letters of them are doubled. */
export function isEnglishCurse(word: string): boolean {
  return CURSES.has(word) || CURSE_STEMS.test(word) || CURSES.has(word.replace(/(.)\1/gu, "$1"));
}

export const english = lexiconOf(LISTS, isEnglishCurse);
