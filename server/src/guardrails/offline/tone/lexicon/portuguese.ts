import { lexiconOf } from "./lexicon.ts";

export const portuguese = lexiconOf({
  usual: `o os a as um uma uns umas de do da dos das e sao sou somos eu tu ele ela nos vos eles elas voce voces que quem onde quando como
    por para pra com sem em no na nos nas ao aos pelo pela se me te lhe lhes meu minha meus minhas teu tua teus tuas seu sua seus
    suas nosso nossa este esta estes estas esse essa esses essas isso isto aquele aquela nao mais mas ou nem muito muita muitos
    tambem ja sempre nunca nada ninguem tudo todo todos toda todas ha foi era eram ser estar estou esta estao tenho tem fazer faz
    pode posso podes podem quero quer deve deviam deveriam vai vais vou sobre entre desde ate porque qual outra outro vez hoje
    ontem amanha obrigado obrigada ola aqui agora bem gente so
    dois duas tres quatro hora horas dia dias ano anos casa tempo durante`,
  curse: `merda* porra caralho* puta putas puto filho-da-puta fdp foda foder foda-se fodase fodete fodido* fodida* cu cuzao cuzoes cabrao
    cabroes viado* veado paneleiro* bicha bichas buceta piroca caralhada vadia* vagabunda* piranha rapariga-da-vida arrombad* corno
    cornos otario* otaria* babaca* escroto* bosta* merdoso cagar cagada punheteiro* vtnc vsf pqp macaco macacos preto-de-merda
    sapatao mongoloide* mongol desgraca retardad* bixa`,
  mild: `bunda rabo raios droga maldit* cacete nojo nojent* mijar mija vomitar arre diabo cala calado inferno lixo-se peido`,
  insult: `idiota* imbecil* estupid* burro* burra* inutil* inuteis lixo escoria rato ratos ratazana* barata baratas porco* porca* verme vermes
    parasita* palhaco* patetic* miserav* desgracad* desprezivel repugnante* feio feia gordo gorda cobarde* covarde* mentiros*
    traidor* perdedor* anormal* cretino* cretina* tarado* tarada* besta bestas animal animais asno* doente* doido doida louco
    praga peste cancro cancer fracassad* preguicos* ridicul* nulidade canalha* gentalha gentinha rale rale parvo* parva* tolo
    trouxa* safado* safada* imundo* imunda* seu sua monte pedaco jumento* porcaria*`,
  harm: `matar mata mato matarei matem morre morra morras morrer morto mortos bater bato arrebent* partir quebrar quebro esfaque* degolar
    degol* disparar tiro tiros bala fuzil* fuzilar queimar queimad* arder enforc* enforcar pendurar estrangul* gas gasear extermin*
    aniquil* esmag* destruir suicid* sangue garganta faca ossos dentes cara moras mora pegar encontrar expulsar estuprar violar
    porrada surra rebentar afog*`,
  group: `mulher mulheres homem homens rapariga* rapaz rapazes menina meninas menino meninos judeu* judia* muculman* arabe* cristao* negro*
    negra* preto pretos branco* asiatic* chines* african* romeno* romena* cigano* cigana* estrangeir* imigrante* migrante* refugiad*
    polaco* alemao alemaes italian* frances* american* brasileir* angolan* gay gays homossexua* lesbica* trans* deficiente*
    velho* velha* idoso* idosa* reformad* jovem jovens pobre pobres rico ricos desempregad* mendigo* loira* loura* mae maes povo
    religi* nordestin* baiano* indio indios pessoas casais`,
  you: `tu te ti es teu tua teus tuas voce voces vos lhe lhes esses essas esse essa aquele aquela seu sua`,
  self: `eu me meu minha meus minhas comigo nos nosso nossa`,
  all: `todos todas tudo toda sempre nunca jamais natureza natural* nascimento sangue so tipico tipica obviamente claro ninguem cada
    apenas nenhum nenhuma sabe-se`,
  cannot: `nao podem pode deviam deveriam devem sabem sabe confiar arrendo alugo alugar contratar contrato lugar fora nada nunca aprender
    servem serve prestam percebem`,
  trait: `preguicos* avarent* ganancios* violent* desonest* sujo* suja* fraco* fraca* irraciona* emociona* emotiv* inferior* atrasad*
    perigos* incompetente* submiss* crimino* bandido* ladrao ladra ladroes roubam roubar mentem mentira* conduzir conduzem dirigir
    dirigem matematica tecnologia* computador* cozinha cozinhar histeric* arrogante* barulhent* espert* inteligente* logica
    entendem peso trabalho limpar agressiv* sensive* primitiv* ignorante* volante`,
  fair: `preconceito* mito falso estereotipo* iguais igualdade direito* discriminacao proibid* crime protege* estudo inquerito pesquisa
    relatorio lei ganham diz disse palavra cita museu exposicao romance filme documentario vizinh* apoio respeito respeit* voto*
    memoria critic* perseguid* perseguicao sindicato trabalham vivem convida* conden* multad* tribunal policia vitima* assedio
    ajuda media cento numero casar ganharam reservad* insult*`,
  machine: `processo processos servidor sessao conexao tarefa contentor servico script codigo memoria bateria atualizacao ficheiro arquivo
    base pedido computador impressora sistema porta jogo telemovel celular correio programa nucleo`,
});
