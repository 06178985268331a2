import { lexiconOf } from "./lexicon.ts";

export const spanish = lexiconOf({
  usual: `el la los las un una unos unas de del y es son soy eres somos yo tu ella nosotros vosotros ellos ellas usted ustedes que quien
    donde cuando como por para con sin en al a se me te le les nos os lo mi mis su sus este esta estos estas ese esa esos esas
    aquel no si pero o ni mas muy tambien ya siempre nunca nada nadie todo todos toda todas hay ha he has han fue era eran ser
    estar estoy estas esta estan tengo tiene tienen hacer hace puede puedo puedes pueden quiero quiere debe deberian hay habria
    va vas voy vete sobre entre desde hasta porque cual otra otro vez hoy ayer manana gracias hola aqui ahora bien
    dos tres cuatro hora horas dia dias casa tiempo durante`,
  curse: `mierda* puta putas puto putos putada hijoputa* hijueputa* hdp cabron* gilipollas joder jodete jodido* jodida* cojon* cojones polla
    pollas maricon* marica maricas zorra zorras follar follate capullo* pendejo* pendeja* chinga* chingada chingar verga culero*
    culera* mamon* huevon* boludo* pelotudo* concha conchudo* malparido* gonorrea perra perras bollera* sudaca* negrata* moro moros
    panchito* subnormal* mongolo* mongol soplapollas comemierda* lameculos tocapelotas ojete pajero* cagar cago cagada`,
  mild: `culo cono cono hostia* ostia* carajo maldit* cagate cagarse pedo asco asqueroso* asquerosa* tomar callate leches demonios
    mear meada vomitar puneter* puneter* jodas`,
  insult: `idiota* imbecil* estupid* tonto* tonta* inutil* basura* escoria* rata ratas cucaracha* cerdo* cerda* gusano* parasito* payaso*
    patetic* miserable* desgraciad* despreciable* repugnante* feo fea gordo gorda cobarde* mentiros* traidor* traidora* perdedor*
    retrasad* anormal* cretino* cretina* tarado* tarada* bruto bruta bestia bestias animal animales burro burra enfermo* enferma*
    loco loca chusma gentuza plaga peste cancer fracasad* mono monos vaga* vago* ridicul* nulo nula bicho bichos porqueria*
    sinverguenza* canalla* pedazo menudo menuda lerdo* memo bobo boba zoquete* asno* calana`,
  harm: `matar mata matare matarte matad mato muere muerete mueras morir muerto muertos golpear golpeare pegar pegare partir romper romperte
    rompere apunal* apunal* degollar disparar tiros tiro bala fusilar fusil* quemar quemad arder ahorcar ahorc* colgar estrangular
    gas gasear exterminar* extermin* aniquil* aplastar destruir suicid* sangre cuello cuchillo huesos dientes cara vives encontrar
    encontrare echar expulsar violar violen hostias paliza reventar reventarte deportar`,
  group: `mujer mujeres hombre hombres chica chicas chico chicos nina ninas judio* judia* musulman* arabe* cristian* negro* negra* blanco*
    asiatic* chino* china africano* rumano* gitano* gitana* extranjero* extranjera* inmigrante* migrante* refugiad* polaco* aleman*
    italian* frances* american* mexican* latino* latina* sudamerican* ecuatorian* gay gays homosexual* lesbiana* trans*
    discapacitad* viejo* vieja* anciano* jubilad* mayores joven jovenes pobre pobres rico ricos parado* paradas desemplead*
    vagabundo* rubia* madre madres gente pueblo religion* moro moros catalan* andaluz* indio indios personas gitan*`,
  you: `tu te ti eres sois tus vosotros usted ustedes os le les esos esas ese esa estos estas este esta aquellos`,
  self: `yo me mi mis conmigo nosotros nos nuestro nuestra`,
  all: `todos todas todo toda siempre nunca jamas naturaleza natural* nacimiento sangre solo tipico tipica obviamente claro nadie cada
    sabido unicamente ningun ninguna`,
  cannot: `no pueden puede deberian deberia deben saben sabe fiar fiarse confiar alquilo alquilar contratar contrato lugar fuera nada nunca
    aprender sirven sirve valen`,
  trait: `vago* vaga* perezos* avaricios* codicios* tacano* tacana* tacano* violent* deshonest* sucio* sucia* debil* irracional* emocional*
    emotiv* inferior* atrasad* peligros* incompetente* sumis* criminal* delincuente* ladron* ladrona* roban robar mienten mentira*
    conducir conducen matematic* tecnolog* ordenador* cocina cocinar histeric* arrogante* ruidos* listo* lista* inteligente* logica
    entienden carga trabajo limpiar agresiv* sensible* primitiv* ignorante*`,
  fair: `prejuicio* mito falso estereotipo* iguales igualdad derecho* discriminacion prohibid* delito protege* estudio encuesta informe ley
    ganan dice dijo palabra cita museo exposicion novela pelicula documental vecin* apoyo respeto respet* voto* memoria critic*
    perseguid* persecucion sindicato trabajan viven invita* conden* multa* tribunal policia victima* acoso ayuda media ciento
    numero casarse ganaron reservad* insult*`,
  machine: `proceso procesos servidor sesion conexion tarea contenedor servicio script codigo memoria bateria actualizacion archivo base
    peticion ordenador impresora sistema puerto juego movil correo programa nucleo`,
});
