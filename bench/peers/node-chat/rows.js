// Prints the number of text messages in the database of a chat server that has ended: node rows.js FILE
const Database = require("better-sqlite3")

const db = new Database(process.argv[2], { fileMustExist: true })
console.log(db.prepare("SELECT count(*) FROM messages WHERE kind = 'text'").pluck().get())
db.close()
