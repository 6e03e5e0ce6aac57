module gifchat

go 1.26.8
