/** A glossary of computing: terms that a dictionary of 2011 does not have, or has as an animal. Our own words. */

/** The main meaning of a term, as a predicate: "Python" gives "is a programming language …". */
export function termOfComputing(term: string): { term: string; meaning: string } | undefined {
  const folded = fold(term);
  const known =
    terms.get(folded) ??
    terms.get(folded.replace(/s$/, "")) ??
    terms.get(folded.replace(/ (?:programming )?(?:language|protocol|format)$/, ""));
  return known;
}

function fold(term: string): string {
  return term
    .trim()
    .toLowerCase()
    .replace(/[-_\s]+/g, " ")
    .replace(/^(?:an?|the) /, "");
}

/** A term with its other names, and what it means. */
// biome-ignore format: one term is one line
const rows: readonly (readonly [names: string, meaning: string])[] = [
  ["Python", "is a general-purpose programming language known for its readable syntax, in which indentation marks blocks; Guido van Rossum released it in 1991, and it is widely used for scripting, web servers, data science and machine learning"],
  ["JavaScript|JS", "is the programming language of web browsers, also run on servers by Node.js; it is dynamically typed and standardised as ECMAScript"],
  ["TypeScript|TS", "is JavaScript with a static type system; its compiler checks the types and then removes them"],
  ["Java", "is an object-oriented programming language whose programs are compiled to bytecode and run on a virtual machine; Sun Microsystems released it in 1995"],
  ["Rust", "is a systems programming language that guarantees memory safety without a garbage collector, by tracking ownership at compile time"],
  ["Go|Golang|Go language", "is a compiled programming language from Google with garbage collection and lightweight threads called goroutines"],
  ["C++|cpp", "is a compiled programming language that adds classes, templates and a standard library to C"],
  ["Ruby", "is a dynamic, object-oriented programming language created by Yukihiro Matsumoto, known for the web framework Rails"],
  ["PHP", "is a scripting language made for generating web pages on a server"],
  ["Kotlin", "is a statically typed programming language for the Java virtual machine and Android"],
  ["Swift", "is Apple's compiled programming language for its operating systems"],
  ["SQL", "is the language in which relational databases are queried and changed; the letters stand for Structured Query Language"],
  ["HTML", "is the markup language of web pages; the letters stand for HyperText Markup Language"],
  ["CSS", "is the language that describes how web pages look; the letters stand for Cascading Style Sheets"],
  ["JSON", "is a text format for data made of objects, arrays, strings, numbers, booleans and null; the letters stand for JavaScript Object Notation"],
  ["YAML", "is a text format for data, indented and easy to write by hand, often used for configuration"],
  ["XML", "is a markup language for structured documents and data, with tags that an application defines itself"],
  ["API|application programming interface", "is the set of calls through which one program uses another"],
  ["REST|RESTful API|REST API", "is a style of web API in which resources have URLs and are read and changed with the methods of HTTP"],
  ["GraphQL", "is a query language for APIs in which the client says which fields it wants"],
  ["HTTP|HTTPS", "is the protocol by which web clients request resources from servers; HTTPS is the same over an encrypted connection"],
  ["TCP", "is the protocol that carries an ordered, reliable stream of bytes over the internet"],
  ["DNS", "is the system that turns domain names into network addresses"],
  ["URL", "is the address of a resource on the web"],
  ["SSE|server sent events", "is a way for a server to send a stream of events to a client over one HTTP response"],
  ["webhook", "is an HTTP request that a service sends to a URL of yours when something happens"],
  ["OAuth", "is a protocol by which a user lets an application act for them without giving it their password"],
  ["JWT|JSON web token", "is a signed token that carries claims as JSON, often used to say who makes a request"],
  ["Docker", "is a tool that packs a program with everything it needs into an image and runs it as an isolated container"],
  ["Kubernetes|k8s", "is a system that runs containers on a cluster of machines and keeps them running"],
  ["Git", "is a distributed version control system; Linus Torvalds wrote it in 2005 for the Linux kernel"],
  ["GitHub", "is a service that hosts Git repositories and the discussion around them"],
  ["Linux", "is a free operating system kernel begun by Linus Torvalds in 1991, and the family of operating systems built on it"],
  ["Unix", "is an operating system developed at Bell Labs from 1969, the ancestor of many systems of today"],
  ["Node.js|Node|NodeJS", "is a runtime that executes JavaScript outside a browser, on the V8 engine"],
  ["npm", "is the package manager of Node.js and the registry that it installs from"],
  ["SQLite", "is a relational database that is a library inside a program and keeps its data in one file"],
  ["PostgreSQL|Postgres", "is a free relational database server known for its correctness and its extensions"],
  ["Redis", "is a server that keeps data structures in memory, used as a cache, a queue or a database"],
  ["Kafka|Apache Kafka", "is a distributed log of messages that producers append to and consumers read at their own pace"],
  ["database|relational database", "is an organised collection of data with a system that stores it, finds it and keeps it consistent"],
  ["algorithm", "is a precise procedure that solves a problem in a finite number of steps"],
  ["data structure", "is a way of arranging data so that the operations on it are efficient, such as an array, a list, a tree or a hash table"],
  ["hash table|hash map", "is a data structure that finds a value by its key in constant time on average, by computing a slot from the key"],
  ["recursion", "is the definition of something in terms of itself; in a program, a function that calls itself on a smaller problem"],
  ["compiler", "is a program that translates source code into another form, usually machine code, before it runs"],
  ["operating system", "is the software that runs a computer's hardware and gives programs files, memory, processes and a network"],
  ["cache", "is a fast store that keeps copies of data that would be slow to get again"],
  ["load balancer", "is a server that spreads requests over several others"],
  ["microservice|microservices", "is a small service that does one job and works with others over the network, deployed by itself"],
  ["serverless", "is a way to run code in which a provider starts it on demand and the user manages no servers"],
  ["cloud computing|the cloud", "is the use of computing resources that a provider offers over the internet and bills by use"],
  ["DevOps", "is the practice of building and operating software as one job, with automation from commit to production"],
  ["CI/CD|continuous integration", "is the practice of building and testing every change automatically, and delivering those that pass"],
  ["unit test|unit testing", "is a test of one small part of a program by itself"],
  ["open source", "is software whose source code anyone may read, change and pass on under its licence"],
  ["artificial intelligence|AI", "is the field of building machines that do what takes intelligence in people, such as understanding language, recognising images, planning and learning"],
  ["machine learning|ML", "is the part of artificial intelligence in which programs learn from examples instead of following rules written by hand"],
  ["deep learning", "is machine learning with neural networks of many layers"],
  ["neural network|artificial neural network", "is a model made of layers of simple units whose weighted connections are learned from examples"],
  ["large language model|LLM|language model", "is a neural network trained on a great deal of text to predict what comes next, which lets it answer, summarise, translate and write"],
  ["transformer", "is the neural network architecture behind today's language models, which relates every position of its input to every other by attention"],
  ["prompt", "is the text that is given to a language model to act on"],
  ["embedding", "is a list of numbers that stands for a text or an image so that similar things have similar numbers"],
  ["vector database|vector store", "is a database that finds the entries whose embeddings are nearest to a given one"],
  ["retrieval augmented generation|RAG", "is the practice of finding passages that bear on a question and giving them to a language model to answer from"],
  ["hallucination", "is, of a language model, an answer that sounds right and is made up"],
  ["AI agent|agent|software agent", "is a program in which a model decides step by step which tools to use to reach a goal"],
  ["MCP|model context protocol", "is a protocol by which agents use tools and data that other programs offer"],
  ["A2A|agent2agent|agent to agent protocol", "is a protocol by which agents of different makers hand tasks to each other"],
  ["chatbot", "is a program that holds a conversation with people"],
  ["robot", "is a machine that does physical work by itself under the control of a program"],
  ["blockchain", "is a ledger shared by many computers, in which each block of entries is chained to the one before by a hash"],
  ["quantum computing|quantum computer", "is computing with quantum states, which can be in superposition and entangled, and which solves some problems faster than any known classical way"],
  ["encryption", "is the transformation of data so that only who holds the key can read it"],
  ["idempotent|idempotency", "is the property of an operation that doing it twice has the same effect as doing it once"],
  ["durable execution", "is a way of running programs in which every finished step is recorded, so that after a crash the program goes on where it was"],
  ["message queue|queue", "is a store of messages that producers put in and consumers take out in order, so that neither has to wait for the other"],
  ["Waybill", "is a durable task server for AI agents: one engine and one record per task, spoken to through the task APIs that clients already use"],
  ["internet", "is the worldwide network of networks that carries data by the protocols TCP and IP"],
  ["world wide web|web", "is the system of linked pages and applications that browsers reach over the internet; Tim Berners-Lee proposed it in 1989"],
  ["bug", "is, in software, a mistake that makes a program behave in a way it should not"],
  ["big data", "is data too large or too fast for one machine and ordinary tools"],
  ["data science", "is the craft of drawing conclusions from data with statistics, programming and knowledge of the subject"],
];

const terms = new Map(
  rows.flatMap(([names, meaning]) => {
    const [term = "", ...others] = names.split("|");
    return [term, ...others].map((name) => [fold(name), { term, meaning }] as const);
  }),
);
