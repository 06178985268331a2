import { lexiconOf } from "./lexicon.ts";

export const italian = lexiconOf({
  usual: `il lo la i gli le un uno una di del della dei degli delle dello e sono sei siamo siete io tu lui lei noi voi loro che chi cosa
    come dove quando perche per con senza in nel nella nei al alla ai alle allo da dal dalla si mi ti ci vi ne lo non piu ma o se
    anche ancora sempre mai niente nulla nessuno tutto tutti tutta tutte questo questa questi queste quello quella quei quegli mio
    mia miei mie tuo tua tuoi tue suo sua suoi sue nostro vostro ho hai ha abbiamo avete hanno era erano essere fare fa fai fanno
    puo puoi posso possono vuoi voglio devo devi deve dovrebbero bisogna va vai vado molto bene gia solo poi oggi ieri domani
    grazie ciao sta stato stata dell alla sul sulla
    due tre quattro ora ore giorno giorni anno anni casa tempo durante`,
  curse: `cazzo cazzi cazzata* cazzone* incazz* minchia* merda merde merdoso* merdosa* stronz* puttan* troia troie zoccol* vaffanculo fanculo
    affanculo coglion* figa fica frocio froci frociaggine ricchion* culattone* bastard* bagascia mignotta mignotte testadicazzo
    cacca cagare cagata scopare scopa pompin* negro negri terrone* terroni crucco mongoloide* handicappato rottinculo stronzat*`,
  mild: `culo palle porca porco porcoddio accidenti maledett* dannat* schifo schifos* sfiga sfigat* piscia* pisciare merd vomitare vomito
    rompi rompicoglioni boccaccia zitto zitta fottut* fottere fottiti`,
  insult: `idiota idioti imbecill* stupid* scem* cretin* deficient* inutil* nullita feccia schifezza spazzatura rifiut* ratto ratti topo
    topi scarafagg* maial* porci verme vermi parassit* pagliacc* patetic* miserabil* disgraziat* spregevol* ripugnant* brutt* grass*
    ciccion* codard* bugiard* traditor* perdent* ritardat* animal* beste bestia bestie asino asini capra capre malat* pazz* peste
    cancro piaga fallit* scimmi* lurid* zecche zecca canaglia* mentecatt* buono-a-nulla ridicol* ignorant* viscid* razza pezzo
    vergogna faccia`,
  harm: `uccidere uccido ucciso uccidiamo ammazz* ammazzare muori morire morte morto picchi* picchiare spacco spaccare spacchi rompo rompere
    accoltell* sgozz* sparare sparo spararti proiettile bruciare brucia* bruci impiccare impicc* strangol* gas gasare stermin*
    annient* schiacci* distrugg* suicid* sangue gola coltello ossa denti faccia abiti prendere cacciare cacciarl* espellere violent
    stuprare botte massacr* crepa crepare crepi affog*`,
  group: `donna donne uomo uomini ragazza ragazze ragazzo ragazzi ebreo ebrei ebrea* musulman* arab* cristian* nero neri nera nere bianchi
    asiatic* cines* african* rumen* romen* rom zingar* stranier* immigrat* migrant* rifugiat* profugh* polacch* tedesch* frances*
    american* gay omosessual* lesbic* trans* disabil* vecchi* anzian* pensionat* giovani giovane pover* ricch* disoccupat* barbon*
    bionda bionde madre madri mamme gente popolo religion* albanes* marocchin* meridional* napoletan* coppie persone`,
  you: `tu te ti sei siete tuo tua tuoi tue voi vi vostro quello quella quei quegli quelli quelle questi queste questa loro gli`,
  self: `io me mi mio mia miei mie noi ci nostro nostra`,
  all: `tutti tutte tutto tutta sempre mai natura nascita sangue solo tipic* ovviamente chiaro nessuno ogni solamente nessun nessuna noto`,
  cannot: `non possono puo dovrebbero dovrebbe devono sanno sa fidare fidarsi fido affitto affittare assumere assumo posto fuori niente mai
    imparare servono capiscono negat*`,
  trait: `pigr* fannullon* avar* avid* violent* disonest* sporc* debol* irrazional* emotiv* inferior* arretrat* pericolos* incompetent*
    sottomess* criminal* delinquent* ladr* rubano rubare mentono bugi* guidare guidano matematic* tecnologi* computer cucina
    cucinare isteric* arrogant* rumoros* svegl* intelligent* furb* logica peso lavoro pulire aggressiv* sensibil* primitiv*
    ignorant*`,
  fair: `pregiudizi* mito falso stereotip* ugual* uguaglianza diritt* discriminazion* vietat* reato protegge protett* studio sondaggio
    rapporto legge guadagnano dice disse parola cita museo mostra romanzo film documentario vicin* sostegno rispett* vot* memoria
    critic* perseguitat* persecuzion* sindacato lavorano vivono invit* condannat* multat* tribunale polizia vittim* bullismo aiuto
    media cento numero unirsi vinto riservat* insult* sposarsi`,
  machine: `processo processi server sessione connessione compito contenitore servizio script codice memoria batteria aggiornamento file
    database richiesta computer stampante sistema porta gioco telefono mail programma kernel`,
});
