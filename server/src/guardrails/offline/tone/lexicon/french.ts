import { lexiconOf } from "./lexicon.ts";

export const french = lexiconOf({
  usual: `le la les un une des du de et est sont suis es je tu il elle nous vous ils elles on que qui quoi dont ou ce cette ces cet ne pas
    plus au aux avec pour par dans sur sous sans mais donc car comme si tres bien tout tous toute toutes mon ma mes ton ta tes
    son sa ses notre votre leur leurs avoir etre a as ai avez ont etait etaient sera faire fait fais font peut peux pouvez veux
    dois doit faut va vais vas allez vont moi toi lui eux y en se me te chez entre apres avant encore toujours jamais rien
    personne aussi quand comment pourquoi quel quelle hier demain aujourd merci bonjour cest jai tes ten cetait quest
    daccord deja meme nest dun dune lhomme quil quelle dit
    deux trois quatre heure heures jour jours ans maison temps pendant`,
  curse: `merde merdes merdeux merdique* putain* pute putes salope* salaud* connard* connasse* con conne cons connerie* encule* enfoire*
    batard* nique* niquer ntm fdp pd pede pedes tapette* gouine* pouffiasse* petasse* bite couille* chier chie chiant* foutre
    foutu foutue foutus bordel negre* negro* bougnoule* youpin* bicot* bamboula* raton ratons chintok* melon trouduc* branleur*
    branler suce sucer emmerd* tepu garce garces triso mongol mongolien*`,
  mild: `gueule cul sacre zut fichu fichue degage* casse-toi crevard* creve crever crevez pisse pisser foutaise* saoule degueu* degueulasse*
    maudit maudite ferme-la vomir gerber sale sales putride`,
  insult: `idiot* imbecile* abruti* cretin* debile* ordure* ordures dechet* vermine* racaille* rat rats cafard* cochon* porc porcs truie
    parasite* cloporte* bouffon* clown* minable* nul nulle nuls nulles degout* degoutant* stupide* bete betes pauvre inutile*
    moche* laid laide gros grosse feignasse* lache laches menteur* menteuse* traitre* raclure* loser* tocard* tare tare tares
    boulet* incapable* demeure* attarde* malade malades fou folle folles ridicule* pitoyable* pourri* pourriture* charogne* peste
    cancer fleau lopette* chien chiens chienne* singe singes andouille* crasseux crasseuse* honte vaurien* bons-a-rien faineant*
    arriere* triple fini finie espece bande`,
  harm: `tuer tue tuez tues tuerai buter bute crever creve casser cassera frapper frappe frapperai tabasser tabass* poignard* egorg*
    etrangl* fusill* fusiller tirer balle bruler brule brulez pendre pendez pendu mourir meurs mort morts mourez gaz gazer gazez
    extermin* elimin* ecras* sang gorge couteau os dents exploser explos* suicide suicide-toi habites retrouver retrouve defoncer
    defonc* expuls* renvoyer degager noyer noie massacr*`,
  group: `femme femmes homme hommes fille filles garcon garcons juif juifs juive* musulman* arabe arabes chretien* noir noirs noire* blanc
    blancs blanche* asiatique* chinois* africain* roumain* rom roms gitan* tsigane* etranger* immigre* migrant* refugie* polonais*
    allemand* italien* espagnol* portugais* americain* anglais* homosexuel* gay gays lesbienne* trans* handicape* vieux vieille*
    vieillard* retraite* jeune jeunes pauvres riche riches chomeur* sdf blonde* mere meres mamans peuple religion* gens paysan*
    fonctionnaire* personnes migrants belges suisses`,
  you: `tu toi t te vous votre vos ton ta tes lui eux ces cette ce leur leurs es tes etes`,
  self: `je j moi me mon ma mes nous notre nos jai`,
  all: `tous toutes tout toute toujours jamais nature naturel* naissance sang seulement typique* evidemment bien-sur connu general personne
    rien chaque uniquement forcement aucun aucune`,
  cannot: `pas ne peut peuvent devraient devrait doivent savent confiance louer loue embaucher embauche place rester dehors incapable*
    interdire apprendre rien jamais`,
  trait: `paresseu* faineant* avare* avides violent* malhonnete* faible* irrationnel* emotif* emotives emotionnel* inferieur* arriere*
    dangereu* incompetent* soumis* criminel* delinquant* voleur* voleuses volent vol mentent mensonge* conduire conduisent
    volant maths mathematiques technique* informatique cuisine cuisiner hysterique* arrogant* bruyant* malin malignes malins
    intelligent* logique comprennent poids charge travail menage agressif* agressives sensible* primitif* fragiles`,
  fair: `prejuge* mythe faux stereotype* egaux egale egalite droit droits discrimination* interdit* crime protege* etude sondage rapport
    loi gagnent dit mot cite citation musee exposition roman film documentaire voisin* soutien respect* vote* memoire critique*
    persecut* syndicat travaillent vivent invite* condamn* tribunal police victime* harcelement aide moyenne pourcent nombre
    personnes agees marier gagne part insulte*`,
  machine: `processus serveur session connexion tache conteneur service script code memoire batterie mise fichier base requete ordinateur
    imprimante systeme port jeu telephone mail programme noyau`,
});
