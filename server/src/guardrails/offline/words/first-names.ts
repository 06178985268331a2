/** First names that are common where English, German, French, Spanish and some other languages are spoken. */

/** Also words of everyday language, of a month or of a place: a name only beside a family name or a title. */
const AMBIGUOUS = `
April August Autumn Art Bill Bob Brook Bud Carol Chance Charity Chase Chuck Clay Cliff Colt Daisy Dale Dawn Dean Destiny Dick Don
Drew Earl Eve Faith Fern Frank Gene Glen Grace Grant Guy Hank Harmony Harry Hazel Heath Holly Hope Hunter Iris Ivy Jack Jade Jasmine Jay
Jewel Joy June Justice King Lance Lane Lily Mark Mason May Mercy Miles Max Mike Nick Norm Olive Patience Pat Paul Pearl Pepper Peg Penny
Pierce Prince Ray Reed Rich Rob Robin Rock Rose Ruby Rusty Sage Sandy Scarlett Serenity Sky Stone Storm Sue Summer Sunny Tanner Trinity Tucker
Victor Violet Ward Wade Will Willow Art Jean Pierre Jordan Austin Dallas Paris London Florence Sydney Charlotte Madison Victoria Israel
Chelsea Brooklyn Savannah Georgia Virginia Carolina Asia India China Kenya Chad Adelaide Alexandria Phoenix Houston Lincoln Washington Jackson
Berlin Roma Milan Verona Sofia Santiago Leon Rosa Sol Luz Dolores Mercedes Consuelo Pilar Angel Cruz Jesus Salvador Domingo Amor Blanca Sierra
Wolf Falk Ernst Rainer Horst Kai Star Blau Lang Gut Mai Olga Ali Van Long Song Yang Young Lee An Tu Le Ha Ba Kim Sunil Bianca Alba Nova Aurora
Luna Mars Jupiter Venus Alexa Siri Carmen Linda Salem Melody Lyric Story Page Paige Parker Porter Taylor Cooper Carter Hunter Archer Baker Piper
Buck Rex Ace Rod Randy Gale Gay Happy Honey Kitty Princess Queenie Duke Baron Major Judge Dean Case Cash Ford Royal Reign Pace True Blaze`;

const ENGLISH = `
Aaron Abigail Adam Adrian Aiden Alan Albert Alex Alexander Alexandra Alexis Alfred Alice Alicia Alison Allen Allison Alyssa Amanda Amber Amelia Amy
Andrea Andrew Angela Angie Anita Ann Anna Anne Annie Anthony Antonia Archie Arthur Ashley Audrey Barbara Barry Beatrice Becky Ben Benjamin Bernard Beth Bethany
Betty Beverly Bobby Bonnie Brad Bradley Brandon Brenda Brendan Brian Bridget Britney Brittany Bruce Bryan Caitlin Caleb Calvin Cameron Camilla Carl Carla Caroline
Carolyn Cassandra Catherine Cathy Cecilia Charlene Charles Charlie Cheryl Chloe Chris Christian Christina Christine Christopher Cindy Claire Clara Clarence Claudia Clifford Clive Clyde
Cody Colin Connie Connor Corey Courtney Craig Crystal Curtis Cynthia Daniel Danielle Danny Daphne Darlene Darren Dave David Deborah Debbie Debra Denise Dennis Derek Desmond
Diana Diane Dominic Donald Donna Doris Dorothy Doug Douglas Duncan Dustin Dylan Eddie Edgar Edith Edmund Edna Edward Edwin Eileen Elaine Eleanor Elena Eli Elijah Elizabeth Ella Ellen
Ellie Elliot Elliott Elsie Emily Emma Eric Erica Erik Erin Ernest Esther Ethan Ethel Eugene Eva Evan Evelyn Felicity Fiona Floyd Frances Francis Fred Freda Freddie Frederick Freya Gabriel
Gabrielle Gail Gareth Gary Gavin Gemma Geoffrey George Gerald Gerard Gilbert Gina Gladys Glenn Gloria Gordon Graham Greg Gregory Gwen Gwendolyn Hannah Harold Harriet Harriett Harvey Heather
Heidi Helen Henry Herbert Hilary Howard Hugh Hugo Ian Imogen Irene Isaac Isabel Isabella Isabelle Isla Jacob Jacqueline Jaime Jake James Jamie Jan Jane Janet Janice Jared Jason Jeff Jeffrey Jenna Jennifer Jenny
Jeremy Jerome Jerry Jesse Jessica Jessie Jill Jim Jimmy Joan Joanna Joanne Jocelyn Jodie Joe Joel John Johnny Jon Jonathan Josephine Joseph Josh Joshua Josie Joyce Juan Judith Judy Julia Julian Julie Juliet Justin
Karen Karl Kate Katherine Kathleen Kathryn Kathy Katie Kay Kayla Keith Kelly Kelsey Ken Kenneth Kerry Kevin Kieran Kimberly Kirk Kirsten Kristen Kristin Kurt Kyle Lance Larry Laura Lauren Laurie Lawrence Leah Leanne Leo Leonard
Leslie Lewis Liam Lisa Logan Lois Loretta Lori Lorraine Louis Louise Lucas Lucy Luke Lydia Lynn Mabel Madeleine Maggie Malcolm Mandy Marcia Marcus Margaret Maria Marian Marie Marilyn Marion Marjorie Marlene Martha Martin
Marvin Mary Matt Matthew Maureen Maurice Megan Melanie Melissa Meredith Michael Michelle Mildred Millie Mitchell Moira Molly Monica Morgan Muriel Myra Nancy Naomi Natalie Natasha Nathan Nathaniel Neil Nelson Nicholas Nicola Nicole
Nigel Noah Noel Nora Norma Norman Oliver Olivia Oscar Owen Pamela Patricia Patrick Patty Paula Pauline Peggy Percy Perry Peter Phil Philip Phillip Phoebe Phyllis Poppy Priscilla Rachel Ralph Ramona Raymond Rebecca Reginald
Renee Rhonda Richard Rita Robert Roberta Rodney Roger Roland Ron Ronald Ronnie Rosemary Rosie Ross Rowan Roxanne Roy Russell Ruth Ryan Sally Sam Samantha Samuel Sandra Sara Sarah Scott Sean Sebastian Seth Shane Shannon Sharon Shaun Shawn
Sheila Shelley Sherry Shirley Sidney Simon Sonia Sophia Sophie Spencer Stacey Stacy Stan Stanley Stella Stephanie Stephen Steve Steven Stuart Susan Suzanne Sylvia Tamara Tammy Tania Tanya Tara Ted Terence Teresa Terry Tess Theodore Theresa Thomas
Tiffany Tim Timothy Tina Todd Tom Tommy Toni Tony Tracey Tracy Travis Trevor Tristan Troy Tyler Ursula Valerie Vanessa Vera Vernon Veronica Vicky Vincent Vivian Walter Wanda Warren Wayne Wendy Wesley Whitney Wilfred William Willie Winston Xavier Yvette
Yvonne Zachary Zara Zoe`;

const GERMAN = `
Achim Adelheid Adolf Agnes Albrecht Alena Alfons Alina Alois Amelie Andreas Angelika Anja Anke Annegret Anneliese Annemarie Annette Annika Antje Anton Armin Arne Arnold Astrid Axel Babette Barbara Bastian Beate Benedikt Benno Bernd Bernhard Berta Bettina
Birgit Birte Björn Bodo Boris Brigitte Britta Burkhard Carina Carsten Celina Christa Christel Christiane Christoph Claus Conny Constanze Corinna Cornelia Dagmar Daniela Denis Detlef Dieter Dietmar Dietrich Dirk Dominik Doreen Dorothea Dörte Eberhard Eckhard Edeltraud
Egon Elfriede Elisabeth Elke Elsa Emil Erhard Erich Erika Erna Erwin Eugen Ewald Fabian Felix Ferdinand Florian Franz Franziska Frauke Frederik Friederike Friedhelm Friedrich Frieda Fritz Gabi Gabriele Georg Gerda Gerd Gerhard Gerlinde Gernot Gertrud Gisela Gottfried Götz Greta Gudrun Guido
Gunnar Gunther Günter Günther Gustav Hannelore Hannes Hans Harald Hartmut Hauke Hedwig Heike Heiko Heiner Heinrich Heinz Helene Helga Helge Hella Helmut Hendrik Henning Herbert Heribert Hermann Hilde Hildegard Hiltrud Holger Hubert Ilona Ilse Ina Ines Inga Inge Ingeborg Ingo Ingrid Irina Irmgard
Isolde Jana Janina Jens Joachim Jochen Johann Johanna Johannes Jonas Jörg Josef Jost Judith Julius Jürgen Jutta Karin Karla Karlheinz Karola Karsten Katarina Katharina Kathrin Katja Katrin Kerstin Klara Klaus Konrad Konstantin Korbinian Kristina Lars Lena Lennart Leonhard Leonie Liesel Lieselotte Lina Lorenz
Lothar Lotte Ludwig Luisa Lukas Lutz Magdalena Maik Maike Malte Manfred Manuela Marco Mareike Margarete Margit Margot Margret Marianne Marina Mario Marita Markus Marlies Marlis Marta Mathias Mathilde Matthias Maximilian Mechthild Meike Melina Merle Michaela Miriam Mirko Monika Moritz Nadine Nadja Nele Nicolas Niklas Niko Nils
Norbert Olaf Oskar Otto Ottmar Patrizia Petra Philipp Pia Raimund Ralf Regina Regine Reiner Reinhard Reinhold Renate René Ricarda Robert Roland Rolf Roman Ronja Rosemarie Roswitha Rudi Rüdiger Rudolf Rupert Sabine Sabrina Sandra Sascha Siegfried Sieglinde Siegmar Sigrid Silke Silvia Simone Sonja Stefan Stefanie Steffen Susanne Svea Sven
Swantje Sybille Tanja Theo Thea Thorsten Thilo Till Tilman Timo Tobias Torben Torsten Traudel Udo Ulf Uli Ulla Ulrich Ulrike Ursel Ute Uwe Vera Viktor Viktoria Volker Volkmar Walburga Waltraud Werner Wiebke Wilfried Wilhelm Willi Winfried Wolfgang Wolfram Yannick`;

const FRENCH = `
Adèle Adrien Agathe Aimée Alain Albane Aline Alix Amandine Amélie Anaïs André Andrée Angélique Annick Anouk Antoine Apolline Ariane Armand Arnaud Arthur Aude Audrey Aurélie Aurélien Baptiste Bastien Benoît Bérénice Bernadette Bertrand Blandine Brice Bruno Camille Capucine Carole
Catherine Cécile Cédric Céline Chantal Charline Christelle Christophe Clarisse Claude Claudine Clémence Clément Clotilde Colette Constance Corentin Coralie Corinne Cyril Damien Danièle Delphine Didier Dominique Édith Édouard Edouard Élise Elise Élodie Elodie Éloïse Émile Émilie Emilie Emmanuel Emmanuelle Enzo Éric Estelle Étienne Etienne
Eugénie Fabien Fabienne Fabrice Fanny Félicien Fernand Florent Florian Franck François Françoise Frédéric Frédérique Gaël Gaëlle Gaétan Gaspard Gaston Geneviève Georges Georgette Gérald Gérard Germaine Ghislaine Gilles Ginette Grégoire Grégory Guillaume Gustave Guy Gwenaëlle Hélène Henri Henriette Hervé Hortense Hubert Huguette Inès Isabelle Jacky Jacques
Jean-Baptiste Jean-Claude Jean-François Jean-Louis Jean-Luc Jean-Marc Jean-Marie Jean-Michel Jean-Paul Jean-Philippe Jean-Pierre Jeanne Jeannine Jérémie Jérémy Jérôme Joël Joëlle Joséphine Jules Julien Juliette Justine Kévin Laetitia Laure Laurence Laurent Laurine Léa Léo Léon Léonie Liliane Loïc Lola Louane Luc Lucette Lucie Lucien Lucienne Ludovic Madeleine
Maëlle Maëlys Manon Marc Marcel Marcelle Margaux Margot Marguerite Marie-Claude Marie-Christine Marie-France Marie-Hélène Marie-Laure Marie-Thérèse Marielle Marine Marius Marthe Martine Mathéo Mathias Mathieu Mathilde Matthieu Maud Maxence Maxime Mélanie Mélissa Michèle Mickaël Mireille Monique Morgane Muriel Murielle Myriam Nathalie Nicolas Ninon Noémie Océane Odette Odile Olivier Ophélie
Pascal Pascale Patrice Paulette Philippe Pierrette Quentin Raphaël Raymonde Réginald Régis Rémi Rémy Renaud Renée Robin Rodolphe Rolande Romain Romane Roselyne Sabine Salomé Sébastien Séverine Solange Solène Stéphane Stéphanie Suzette Sylvain Sylvie Thérèse Théo Thibault Thibaut Thierry Tristan Valentin Valentine Valérie Véronique Viviane Yann Yannick Yohan Yves Yvette Zacharie Zélie`;

const SPANISH = `
Adolfo Adriana Adrián Agustín Agustina Aitana Aitor Alberto Alejandra Alejandro Alfonso Alfredo Alicia Almudena Álvaro Alvaro Amparo Ana Anabel Andrés Ángela Ángeles Antonella Antonio Araceli Ariadna Arturo Ascensión Asunción Beatriz Begoña Belén Benito Bernardo Berta Borja Camila Candela Carlos Carlota Carmela Catalina Cecilia César Clara Claudio
Concepción Conchita Consuelo Cristina Cristóbal Daniela Darío Diego Dionisio Edgardo Edmundo Eduardo Elena Elisa Eloy Elvira Emilia Emiliano Emilio Encarnación Enrique Ernesto Esperanza Esteban Estefanía Estela Eugenia Eusebio Eva Fabiola Fátima Federico Felipe Fermín Fernanda Fernando Fidel Francisca Francisco Gabriela Gerardo Germán Gilberto Gloria Gonzalo Graciela
Gregorio Guadalupe Guillermo Gustavo Héctor Hernán Hilario Horacio Hugo Humberto Ignacio Inés Inmaculada Íñigo Irene Isidro Ismael Iván Izan Jacinto Jaime Javier Jesús Jimena Joaquín Jorge José Josefa Josefina Juana Julián Juliana Julio Laura Leandro Leonardo Leonor Leticia Lidia Lorena Lorenzo Lourdes Lucas Lucía Luciana Luciano Luis Luisa Macarena Magdalena Manolo Manuel
Manuela Marcela Marcelo Marcos Margarita María Mariana Mariano Maricarmen Marina Marisol Marta Martín Martina Mateo Matías Mauricio Mayte Maximiliano Miguel Milagros Miriam Moisés Mónica Montserrat Natalia Nerea Néstor Nicolás Nieves Noelia Nuria Octavio Olivia Óscar Osvaldo Pablo Paloma Patricia Paulina Pedro Pío Purificación Rafael Ramiro Ramón Raquel Raúl Rebeca Reinaldo Remedios Ricardo Roberto Rocío
Rodolfo Rodrigo Rogelio Rosalía Rosario Rubén Samuel Sandra Sara Saúl Sebastián Sergio Silvia Silvina Soledad Sonia Susana Teodoro Teresa Tomás Trinidad Valentina Valeria Verónica Vicente Víctor Virgilio Ximena Yolanda Zaida`;

const OTHERS = `
Aarav Abdul Abdullah Abu Adaeze Aditi Aditya Agnieszka Ahmad Ahmed Aiko Aisha Ajay Akash Akira Aleksandr Aleksandra Alessandra Alessandro Alessia Amina Amir Amit Amrita Ananya Anastasia Andrei Andrzej Anil Anjali Ankit Annika Antonella Anush Arash Arjun Arun Asha Ashok Asif Ayesha Ayşe Ayse Bartosz Beatrice Bogdan Bohdan Burak Can
Chidi Chiara Chinedu Chinonso Chiyo Cristian Dariusz Davide Deepa Deepak Denisa Dmitri Dmitry Ekaterina Elif Emeka Emine Emre Enrico Erdem Fatima Fatma Federica Fehmi Filippo Francesca Francesco Gianluca Giorgio Giovanna Giovanni Giulia Giuseppe Goran Grzegorz Gülay Hamid Hana Haruki Haruto Hassan Hiroshi Hiroko Hussein Ibrahim Igor Imran Ioana Ivan Ivana Ioannis
Jakub Jamal Jaroslav Javed Jiří Joanna Jovan Kamal Kamila Karim Karolina Kasia Katarzyna Kavita Kemal Kenji Khalid Kiran Kofi Krzysztof Kwame Lakshmi Layla Leila Leyla Lorenzo Luca Lucia Luigi Maciej Magda Mahmoud Małgorzata Manish Manoj Marek Marcin Matteo Mateusz Meera Mehmet Mei Mia Michał Mihai Milena Ming Mohamed Mohammad Mohammed Mohit Muhammad Mustafa
Nadia Naoko Naveen Neha Ngozi Nikhil Nikita Nikolai Nisha Oksana Olamide Olena Oleksandr Omar Osman Paolo Pavel Piotr Pooja Prakash Pranav Preeti Priya Rahul Raj Rajesh Rajiv Rakesh Ramesh Rania Rashid Ravi Reza Rina Rohan Rohit Sakura Salma Samira Sandeep Sanjay Santosh Satoshi Selim Serhiy Shreya Siddharth Sinem Simona Sneha Stefano Suresh Sunita Svetlana Swati
Takashi Takeshi Tariq Tatiana Tomasz Tomoko Tunde Usha Varun Vijay Vikram Vinod Vladimir Volodymyr Wei Wojciech Xin Yasmin Yuki Yusuf Yuri Zainab Zbigniew Zeynep Zuzanna Ikram Bram Daan Femke Floor Geert Jeroen Joost Lieke Maarten Marieke Niels Pieter Ruben Sander Sanne Sjoerd Thijs Wouter Anders Astrid Bjarne Eskil Freja Gustaf Ingvild Jesper Kjell Lasse Linnea Magnus Mette Mikkel Oskar
Rasmus Sigurd Signe Solveig Søren Thorbjørn Aino Eero Jari Juha Matti Pekka Tuomas João Joana Rui Tiago Thiago Inês Beatriz Gonçalo Vitor Fernanda Caio Larissa Rafaela Otávio`;

const words = (text: string) => new Set(text.split(/\s+/).filter((word) => word !== ""));

export const ambiguousNames: ReadonlySet<string> = words(AMBIGUOUS);
export const firstNames: ReadonlySet<string> = words(ENGLISH + GERMAN + FRENCH + SPANISH + OTHERS);
