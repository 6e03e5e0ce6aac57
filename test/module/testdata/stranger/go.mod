module stranger

go 1.26.8

require example.org/renamed/gifchat v0.0.0

replace example.org/renamed/gifchat => ../gifchat
