// Command gin serves Socket.IO behind a Gin router and its middleware.
package main

import (
	_ "embed"
	"flag"
	"log"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"gifchat/socketio"
)

//go:embed index.html
var page []byte

// clientFile is the stock client. make bundle copies it from npm.
const clientFile = "../../../public/vendor/socket.io.min.js"

func newRouter(server *socketio.Server) *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.Use(gin.Recovery())
	router.GET("/", func(c *gin.Context) { c.Data(http.StatusOK, "text/html; charset=utf-8", page) })
	router.StaticFile("/socket.io.js", clientFile)
	router.Any("/socket.io/*any", gin.WrapH(server))
	return router
}

func main() {
	addr := flag.String("addr", "localhost:3000", "address to listen on")
	flag.Parse()

	server := socketio.NewServer(socketio.Config{})
	io := server.Of("/")
	io.OnConnect(func(s *socketio.Socket) {
		_ = s.Emit("hello", s.Transport()) // fails if the client has gone
	})

	web := &http.Server{Addr: *addr, Handler: newRouter(server), ConnContext: socketio.ConnContext, ReadHeaderTimeout: 10 * time.Second}
	log.Printf("server running at http://%s", *addr)
	log.Fatal(web.ListenAndServe())
}
