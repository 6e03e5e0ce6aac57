module gifchat/bench

go 1.26.8
