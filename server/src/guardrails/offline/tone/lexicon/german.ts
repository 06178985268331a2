import { lexiconOf } from "./lexicon.ts";

export const german = lexiconOf({
  usual: `der das und ist ich du er es wir ihr den dem des ein eine einen einem einer nicht mit auf fur von zu zum zur im am an als auch
    wie was wer wo wenn dass sich sie bist bin sind seid war waren hat habe haben hast wird werden wurde kann kannst konnen muss
    sollte sollten soll will wollen dich dir mich mir euch uns ihm ihn ihnen sein seine ihre unser mein meine meinen dein deine
    deiner euer eure kein keine keiner aber oder nur noch schon wieder immer mal bitte nach bei aus uber unter vor durch gegen
    ohne um bis doch denn sehr so hier da jetzt heute morgen gestern einfach eben halt echt wirklich gehort gehoren lass geh
    mach macht machen sieht kommt gibt viel viele alle alles jeder jede ja nein danke typisch
    zwei drei vier stunde stunden tag tage jahr jahre haus zeit wahrend typisch`,
  curse: `scheiss* scheis* arschl* fick* gefickt* verfickt* hurens* hure huren fotze* wichser* wixer* nutte* schwuchtel* kanake*
    neger* missgeburt* bastard* drecksau* dreckssau* drecksack* schlampe* spast spasti spastis spasten mongo mongos hundesohn*
    fickt misstst* arschgeige* arschgesicht* kackbratze* kacke verkackt* kacken pisser* verpiss* piss* fotzen tunte tunten
    zigeunerpack kummelturke* schlitzauge* judensau* saujude* untermensch*`,
  mild: `verdammt* verflucht* mist arsch arsche arschen sau fresse schnauze maul klappe beschissen* gottverdammt* kotz* kotzt ankotzt
    leck verreck* verreckt verrecke krepier* furz* scheusslich mies mieser miese zum teufel drecks* saudumm* beschiss*`,
  insult: `idiot* trottel* vollpfosten depp* vollidiot* blodmann dummkopf* versager* penner* schwein schweine schweinehund abschaum
    ungeziefer gesindel pack dreck mull abfall ratte ratten affe affen kakerlake* parasit* schmarotzer* widerling* ekelhaft*
    widerlich* erbarmlich* wertlos* dumm dumme dummer dummes dummen dummste blod blode bloder blodes blodsinn hasslich* hirnlos*
    nutzlos* armselig* lacherlich* peinlich loser luschen lusche memme feigling* lugner* verrater* taugenichts behindert krank
    kranke fett fette fetter fettes stinkt stinkst stinken clown* psycho* irre irrer nichts letzte letzter niete nieten
    schwachkopf* schwachmat* schwachsinn* kretin* zecke zecken viecher vieh unterbelichtet minderbemittelt nullen null pest seuche
    krebs geschwur blinder blindes verlogen* eklig* pfeife pfeifen hohlkopf* hohl`,
  harm: `toten tote totet totest totschlag* umbringen umbringe umgebracht bring bringt schlag schlage schlagen prugel* verprugel*
    abstechen abstech* erstech* erschiess* erschossen schiessen schiesse messer kugel zahne knochen brechen breche bricht
    verbrenn* brennen brenn aufhangen aufgehangt hangen erhangen stirb sterben stirbst sterbe tod verrecken gas vergas* vergast
    ausrotten ausgerottet vernichten ausmerzen erwurgen wurgen wohnst kriegen erledigen wegsperren abknallen knallen fertigmachen
    kehle aufschlitzen gesicht einschlagen rausschmeissen abgeschoben abschieben spring`,
  group: `frau frauen weib weiber mann manner madchen jungs juden jude muslim* moslem* christen christ turken turke araber* arabern
    auslander* flucht* gefluchtet* migrant* einwanderer* zugewandert* polen pole polnisch* russen russe rumanen rumanisch* roma
    sinti zigeuner* schwarze schwarzen afrikaner* asiaten asiatin asiatisch* chinesen inder italiener* franzosen amerikaner*
    deutsche deutschen osterreicher* ossi ossis wessi wessis schwule schwulen schwuler homosexuell* lesben lesbe trans*
    behinderte behinderten alte alten rentner* senioren jugendliche* junge jungen arme armen reiche reichen arbeitslos* obdachlos*
    blondinen blondine mutter muttern vater kinder leute menschen gruppe gruppen religion* hartz veganer* lehrer beamte atheisten
    dicke dicken moschee`,
  you: `du dich dir dein deine deinen deiner deinem deines ihr euch euer eure euren ihm ihn ihnen er die diese diesen dieser solche
    solchen bist seid hast`,
  self: `ich mich mir mein meine meinen meiner meinem wir uns unser unsere`,
  all: `alle allen aller alles jeder jede jedes immer nie niemals niemand natur natur* geboren blut nur typisch eben bekanntlich
    sowieso einfach generell grundsatzlich samtliche jeweils keiner keine einzige`,
  cannot: `nicht kein keine konnen kann sollte sollten durfen durfte gehoren gehort trauen vertrauen verlassen vermieten vermiete
    einstellen einstelle verloren zuruck raus nichts taugen lernen geeignet mussen muss`,
  trait: `faul faule faulen fauler gierig* gewalttatig* gewalt unehrlich* schmutzig* dreckig* schwach schwache irrational* emotional*
    unzuverlassig* minderwertig* ruckstandig* geizig* gefahrlich* unfahig* unterwurfig* kriminell* verbrecher* diebe dieb stehlen
    klauen klaut luge lugen betrug* betrugen autofahren fahren fahrer mathe mathematik technik kochen kuche hysterisch* zickig*
    arrogant* laut schlau intelligent* klug logik rechnen kapieren begreifen last herd haushalt primitiv* aggressiv* schlampig*
    weich empfindlich* ungebildet* arbeit arbeitsscheu`,
  fair: `vorurteil* mythos falsch klischee* gleich gleiche gleichen rechte recht diskriminier* benachteilig* verboten strafe straftat
    schutzt schutz schutzen studie umfrage bericht* gesetz verdienen sagt sagte genannt wort zitat zitiert museum ausstellung
    roman film nachbarn unterstutz* respekt* wahl* gedenk* kritisier* entgegen verfolgt verfolgung gewerkschaft arbeiten arbeitet
    lebt leben kennengelernt gewonnen beleidig* gericht polizei verurteilt opfer mobbing beschimpft warnt hilfe durchschnitt
    prozent zahl anteil laden ladt`,
  machine: `prozess prozesse prozessor server sitzung verbindung job container dienst skript code build speicher akku batterie update
    datei datenbank aufgabe anfrage rechner drucker system schalter anschluss spiel handy mail programm kernel`,
});
