// Makes axios known to a program that goes on where one that required it left off.
globalThis.axios = require("axios");
